"""Files for those who run the platform, and the archive they come in."""
