"""Starts what the platform needs on one machine: its own PostgreSQL, the web server, the worker.

`places` says where everything lies, `postgres` runs the database, `roles` gives the running role
its privileges, `supervisor` starts the whole and stops what it started. No domain word.
"""
