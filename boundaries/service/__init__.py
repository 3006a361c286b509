"""The service: pygeoapi provider, point lookup and their assembly. Reads a release and nothing else."""
