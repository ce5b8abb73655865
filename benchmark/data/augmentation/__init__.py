"""Unlabelled texts made from a data set's own (section 6.2, Table 9)."""
