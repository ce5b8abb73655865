"""Which runs are pending, and running them here or elsewhere."""
