"""The map page: what a browser is given, by the service and in a folder of its own."""
