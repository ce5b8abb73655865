"""Backends that run tasks: this process, worker processes, a Ray cluster."""

LOCAL, RAY = "local", "ray"
"""Values of --executor."""
