"""Which student is best? Distil a fine-tuned BERT into small students, measure them, rank them."""

__version__ = "0.1.0"
