"""Tests of the components that need neither database nor browser."""
