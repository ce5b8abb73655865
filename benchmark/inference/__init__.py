"""The measuring stage, after all training: what each finished model costs, as runs of their own.

All models of a data set take turns on the same test sentences while nothing else of ours runs. Runs of one student that
differ in how it was taught are one network to a clock: one of them is measured and stands for all. Every run gets an
inference run under it, and the figures itself too, so that one row of the tracking UI holds everything.
"""

from benchmark.inference.finished import Finished, unmeasured
from benchmark.inference.stage import measure

__all__ = ["Finished", "measure", "unmeasured"]
