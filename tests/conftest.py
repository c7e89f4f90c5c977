"""Fixtures for tests of the whole house."""
