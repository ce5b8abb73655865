"""What is remembered: runs and their artifacts in MLflow. Knows no tensor and nothing of the benchmark.

Importing this package does not import mlflow: that takes seconds and happens when a store is opened.
"""

from tracking.config import cache_folder
from tracking.environment import ENVIRONMENT, environment
from tracking.errors import NoStoreError, StoreError
from tracking.interface import ui_command, without_password
from tracking.live import ActiveRun
from tracking.merge import Merge
from tracking.models import TextModel
from tracking.provenance import git_commit, is_dead, machine, owner, processor
from tracking.record import Record
from tracking.store import Store

__all__ = [
    "ENVIRONMENT",
    "ActiveRun",
    "Merge",
    "NoStoreError",
    "Record",
    "Store",
    "StoreError",
    "TextModel",
    "cache_folder",
    "environment",
    "git_commit",
    "is_dead",
    "machine",
    "owner",
    "processor",
    "ui_command",
    "without_password",
]
