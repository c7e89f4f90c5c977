"""Proving who you are.

Passwords, captchas, mailed codes, secret links, sessions. Nothing that opens a door is stored so
that a copy of the database opens it: passwords are Argon2id over a keyed pre-hash, all else keyed
hashes. An unknown name costs the same time and gets the same words as a wrong password. The server
ends an idle session, whatever the page does. Attempts are counted before they are checked.
"""
