"""The latency and memory protocol."""
