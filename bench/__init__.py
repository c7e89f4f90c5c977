"""Benches: every published figure beside the floor of the same run, median of 5 with spread.

Each module has `run() -> list[Figure]` and works alone too: `python -m bench.ledger`. Sizes come from
the environment, so that the same code runs small in a test and full before a release.
"""
