"""Backends that run tasks: this process, worker processes, a Ray cluster."""
