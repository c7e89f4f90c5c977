"""Ledger: what happened, in an order nobody can change afterwards.

`actions.append` adds one event in the caller's transaction; no lock is taken, no order promised.
The sequencer gives committed events a `position` (one series, what followers resume by) and a
`leaf_index` in their own log (what proofs speak of), grows the Merkle tree and signs a checkpoint,
all in one transaction. Two logs, one code: `public` is open to everyone, of `audit` only checkpoints
are. Formats are C2SP tlog-tiles, tlog-checkpoint, signed-note and tlog-proof, so a stranger's tools verify.

Events hold identifiers and hashes, never personal data. A checkpoint once signed is never contradicted:
each is also written outside the database, and after a bad restore the sequencer refuses to sign (D-21).
"""
