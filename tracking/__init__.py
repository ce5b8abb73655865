"""Run store: runs, their curves and their files in MLflow. Knows no tensors and nothing of the benchmark.

Importing this package does not import mlflow, which takes seconds: that happens when a store is opened for writing.
"""

from tracking.config import ENVIRONMENT, NoStoreError, StoreError, cache_folder, environment, without_password
from tracking.merge import Merge
from tracking.provenance import RunInput, git_commit, is_dead, machine, owner, processor
from tracking.registry import TextModel, save_model
from tracking.runs import ActiveRun, Record
from tracking.scratch import remove_left_over, scratch_folder
from tracking.store import NOTE, Store
from tracking.ui import Layout, MetricGroups, View, ui_command

__all__ = [
    "ENVIRONMENT",
    "NOTE",
    "ActiveRun",
    "Layout",
    "Merge",
    "MetricGroups",
    "NoStoreError",
    "Record",
    "RunInput",
    "Store",
    "StoreError",
    "TextModel",
    "View",
    "cache_folder",
    "environment",
    "git_commit",
    "is_dead",
    "machine",
    "owner",
    "processor",
    "remove_left_over",
    "save_model",
    "scratch_folder",
    "ui_command",
    "without_password",
]
