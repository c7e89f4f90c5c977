"""Long trials of a running installation: `make campaign`."""
