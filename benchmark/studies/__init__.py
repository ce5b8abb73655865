"""The experiments of the paper's discussion: what each compares, and the table it ends in."""
