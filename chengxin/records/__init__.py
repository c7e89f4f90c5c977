"""Records: published facts in immutable versions, and the one public document made from them.

A record version stores the exact bytes that the public sees of it; the public file of an
enterprise is the concatenation of those bytes, rewritten in the transaction that changes them.
What is not public never leaves this app towards file, search or export.

Source: document 000 §3.3, §4.1; decisions D-01, D-06, D-07, D-13, D-15, D-17, D-20, D-47, D-57.
"""
