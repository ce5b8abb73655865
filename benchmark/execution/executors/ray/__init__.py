"""Tasks on a Ray cluster, one Ray task each."""
