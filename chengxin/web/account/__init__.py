"""Registering and logging in: from the first form to an account that works."""
