"""Notices and help."""
