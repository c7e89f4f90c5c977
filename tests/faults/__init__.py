"""Faults: what is killed, cut or filled up while the house works."""
