"""How a model learns: text to flat arrays, batches, losses, one training loop for teacher and students alike.

Shapes, in every docstring of this package:
    n  sentences                    B  sentences of a batch     L  pieces of its longest sentence
    T  pieces of all sentences      C  classes or tags          A  answers: n for classification, words for tagging
"""
