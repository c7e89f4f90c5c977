"""Bulk in and out: files of other units become records, row by row, each fault named at its cell.

Reading, shaping and judging a file touch no database; `actions` keeps how far each file has come, and `flow.importing`
takes in what was judged good.

Source: document 000 §3.3; decisions D-06, D-07, D-08.
"""
