"""Tests, package by package as in `benchmark/`; `commands` runs whole commands, `support` holds what tests share."""

import os

# Before torch is imported: tests run side by side, and tiny models on two threads each would wait for one another.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("RAY_raylet_start_wait_time_s", "120")  # before ray is; a busy machine takes its time
