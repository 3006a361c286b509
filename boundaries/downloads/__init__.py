"""The files that people take: the folder of a release, one file on request, and the list of them."""
