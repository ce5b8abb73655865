"""New unlabelled texts made from a task's own, so that they stay in its domain (section 6.2, Table 9)."""
