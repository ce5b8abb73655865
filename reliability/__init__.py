"""Faults that are made on purpose, and what is lost by them: nothing, or the table of docs/reliability.md says what.

`python -m reliability [NAME ...] [--tries N] [--seed K]` prints that table's rows.
"""
