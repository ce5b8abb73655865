"""Factories, commands and servers that several tests share."""

from pathlib import Path

import pytest

from students.registry import STUDENTS

ROOT = Path(__file__).resolve().parents[2]

LARGEST = "bert_small"
"""The slowest student to test; of the architecture of bert_tiny and bert_mini."""
every_student = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.nightly] if name == LARGEST else []) for name in STUDENTS]
)
