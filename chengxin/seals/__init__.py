"""Papers the platform issues, and the signature on them.

Credit reports (D-14) and receipts (D-23) are typeset from data and signed as PAdES by the platform's own
certificate, never by an enterprise's seal. Anyone can have a paper checked: `pdf.verify` says whether the
signature is the platform's and whether a single byte has changed since. Blank authorisations and their
drawn sample come from the same sentences in every format.
"""
