"""OGC API Features: routes and documents, what is asked, and the layers that answer."""
