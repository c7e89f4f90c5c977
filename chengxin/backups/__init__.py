"""Backup and restore of an installation (D-20, D-21, D-40).

A backup is a folder: the database as one `pg_dump` of one moment, the files handed in, and a manifest that names versions,
counts, hashes and keys, but holds no key. It is written under another name and renamed when it is whole.
"""
