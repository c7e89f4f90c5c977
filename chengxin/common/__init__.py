"""Common: the floor under every app.

Errors, the clock, canonical bytes, keys, text and identifiers. Nothing here knows a domain word
of the platform, opens the database or imports an app; everything here may be imported by all.
"""
