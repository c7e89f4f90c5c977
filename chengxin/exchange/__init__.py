"""Bulk in and out."""
