"""The experiments of the paper's discussion: conditions, effects and tables."""
