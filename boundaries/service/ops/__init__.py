"""Running the service: settings, the server process, limits, access log and metrics.

Nothing in here knows of releases or features: it stands between the socket and a WSGI application.
"""
