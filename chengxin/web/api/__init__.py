"""The contract for programs: public reads as JSON, proofs and the log's files; stable within v1, changes only add."""
