"""Bulk in and out: files of other units become records, row by row, each fault named at its cell.

Reading and judging a file is here and touches no database; `flow.importing` writes what was judged good.

Source: document 000 §3.3; decisions D-06, D-07, D-08.
"""
