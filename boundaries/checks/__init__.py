"""The rules of a release, each a small function from a release's files to what it found."""
