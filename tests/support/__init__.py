"""Factories, commands and servers that several tests share."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
