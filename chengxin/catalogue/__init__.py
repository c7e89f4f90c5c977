"""Catalogue: what may be filed, as data.

Promise: every form, group, field, option, unit, limit and commitment text is a file under `catalogue/`, read into
a canonical body and kept for ever under its SHA-256. A filing pins a version; the version never changes.
`values` says what a form is, `kinds` what one field may hold, `rules` whether answers will do, `loader` turns
files into bodies and refuses loudly what it does not know, `queries` give forms, `actions` make a version current
with one public event. Nothing here knows who files or who reviews.
"""
