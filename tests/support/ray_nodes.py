"""A Ray cluster of two nodes on this machine."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ray.cluster_utils import Cluster

NODE: dict[str, Any] = {"num_cpus": os.cpu_count(), "object_store_memory": 80 * 2**20}
"""As many cores as the machine has: a sum over other threads is another one in its last digits."""
HIDING = str(Path(__file__).parent / "hiding")


@contextmanager
def two_nodes(folder: Path, hidden: Path | None = None) -> Iterator["Cluster"]:
    """Which keep their caches in `folder`, in `one` and `two`, and cannot read the folder `hidden`."""
    from ray.cluster_utils import Cluster

    folder.mkdir(parents=True, exist_ok=True)
    lack = {"PYTHONPATH": os.pathsep.join([HIDING, os.environ.get("PYTHONPATH", "")]), "HIDDEN": str(hidden or "")}
    own = [{"BENCHMARK_CACHE": str(folder / name), "TMPDIR": str(folder), **lack} for name in ("one", "two")]
    cluster = Cluster(initialize_head=True, head_node_args=NODE | {"include_dashboard": False, "env_vars": own[0]})
    cluster.add_node(**NODE, env_vars=own[1])
    try:
        yield cluster
    finally:
        session = cluster.head_node.get_session_dir_path()
        cluster.shutdown()
        shutil.rmtree(session, ignore_errors=True)
