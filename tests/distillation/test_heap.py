"""Freed memory is kept for the next step, and given back at the end."""

import ctypes
import os
import subprocess
import sys

import pytest

from benchmark.distillation.trainer import freed_memory_reused

STEPS = """
import resource, torch
from benchmark.distillation.trainer import freed_memory_reused

def step():
    kept = [torch.ones(2**18) for _ in range(100)]

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(3):
        step()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

step()
print(faults())
with freed_memory_reused():
    step()
    print(faults())
"""

on_glibc = pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "mallopt"), reason="needs glibc's allocator"
)


@on_glibc
def test_a_step_uses_the_pages_of_the_one_before() -> None:
    env = os.environ | {"MALLOC_MMAP_THRESHOLD_": str(2**17)}  # glibc would raise it by what was freed before
    ended = subprocess.run([sys.executable, "-c", STEPS], env=env, capture_output=True, text=True, check=True)
    usual, reused = map(int, ended.stdout.split())
    pages = 3 * 100 * 2**20 // os.sysconf("SC_PAGE_SIZE")
    assert reused < 0.05 * pages < 0.5 * pages < usual


def test_the_answer_of_what_it_decorates_is_passed_on() -> None:
    assert freed_memory_reused()(lambda: 7)() == 7
