"""The tasks of a sweep on a Ray cluster, one Ray task each."""
