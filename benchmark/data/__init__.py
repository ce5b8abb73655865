"""Data sets, suite files, parsers, splits and unlabelled text."""
