"""Filings: everything anyone hands in, from draft to decision.

One state machine (``lifecycle``) serves every kind of filing. A filing keeps the catalogue
version it was filled in against for life; each submission freezes the answers and gives a
signed receipt; each submission is decided at most once, never by its filer.

Source: documents 000 (§2, §3) and 002; decisions D-01, D-02, D-23, D-32, D-33, D-37, D-39.
"""
