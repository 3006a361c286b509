"""What researchers do with a release: people on the ground, the graph of neighbours, plans held against the law."""
