"""The claims of the paper about students, judged by our runs: statements, what each compares, verdicts, tables."""
