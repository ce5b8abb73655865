"""Texts generated from a data set's labelled texts, for a teacher to label."""
