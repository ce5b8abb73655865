"""Factories, commands and servers that several tests share."""

from pathlib import Path

import pytest

from students.registry import STUDENTS

ROOT = Path(__file__).resolve().parents[2]

LARGER = ("bert_mini", "bert_small")
"""Students of the architecture of bert_tiny, which are slower to test."""
every_student = pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.nightly] if name in LARGER else []) for name in STUDENTS]
)
