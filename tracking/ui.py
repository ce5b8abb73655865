"""Runs in MLflow's UI: grouped names of metrics, the saved view of an experiment, and web addresses."""

import json
import re
import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tracking.config import is_local, is_server, sqlite_path, without_password

LOCAL_UI = "http://127.0.0.1:5000"
REST = "more"
"""Group of the metrics that belong to no other."""
MAX_RUNS = 100
"""Runs of a chart."""
_FORBIDDEN = re.compile(r"[^\w\-. :/]|:(?=x[0-9a-f]+:)", re.ASCII)
"""Characters that MLflow refuses, and a colon that would be read as the start of an escape."""
_ESCAPED = re.compile(r":x([0-9a-f]+):")


@dataclass(frozen=True, kw_only=True)
class MetricGroups:
    """Names of metrics in MLflow, `GROUP/NAME`: the UI shows the charts of a group together.

    A column without a group is stored as `more/COLUMN`; a column with a slash is its own name.
    """

    names: Mapping[str, str]
    """Name by column, as `{"test_f1": "score/test_f1"}`."""
    prefixes: Collection[str]
    """Groups of the columns that begin with them: of `latency`, `latency_onnx_ms` is `latency/onnx_ms`."""

    def metric_name(self, column: str) -> str:
        """Name of a column in MLflow; characters that MLflow refuses are escaped, as in `:x40:`."""
        return _FORBIDDEN.sub(lambda match: f":x{ord(match[0]):x}:", self._grouped(column))

    def column_name(self, metric: str) -> str:
        """The inverse of `metric_name`."""
        plain = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), metric)
        if plain in self._columns:
            return self._columns[plain]
        group, _, rest = plain.partition("/")
        if group in self.prefixes and "/" not in rest:
            return f"{group}_{rest}"
        return rest if group == REST else plain

    @cached_property
    def _columns(self) -> Mapping[str, str]:
        return {name: column for column, name in self.names.items()}

    def _grouped(self, column: str) -> str:
        if column in self.names or "/" in column:
            return self.names.get(column, column)
        prefix, _, rest = column.partition("_")
        return f"{prefix}/{rest}" if prefix in self.prefixes and rest else f"{REST}/{column}"


@dataclass(frozen=True, kw_only=True)
class View:
    """Saved view of an experiment: the runs and columns of its table, and its charts.

    The format is MLflow 3.17's own for `Views > Save as new view`; other versions may show their usual table instead.
    Metrics are named as in MLflow.
    """

    name: str
    title: str
    """Heading of the charts."""
    filter: str
    """The runs, in the UI's query language."""
    tags: Sequence[str]
    """Columns of the table, before those of the metrics."""
    metrics: Sequence[str]
    best: str
    """Metric by which runs are sorted, the largest first."""
    parallel: Sequence[str]
    """Axes of the parallel coordinates."""
    scatter: Sequence[tuple[str, str]]
    """(x, y) of each scatter plot."""
    bars: Sequence[str]

    def experiment_tags(self) -> dict[str, str]:
        """Tags by which an experiment has the view."""
        view = {"name": self.name, "createdAt": 0, "updatedAt": 0, "state": json.dumps(self._state())}
        return {
            f"mlflow.sharedViewState.{self.name}": json.dumps(view),
            "mlflow.experimentKind": "custom_model_development",
            "mlflow.experiment.primaryMetric.name": self.best,
            "mlflow.experiment.primaryMetric.greaterIsBetter": "True",
        }

    def query(self) -> str:
        """Query string of an experiment's address that opens the view, in the place of MLflow's page of traces."""
        return f"?workflowType=machine_learning&viewStateShareKey={self.name}&compareRunsMode=CHART"

    def _state(self) -> Mapping[str, object]:
        section = {"uuid": self.name, "name": self.title, "display": True, "isReordered": True, "columns": 2}
        return {
            "searchFilter": self.filter,
            "orderByKey": f"metrics.`{self.best}`",
            "orderByAsc": False,
            "startTime": "ALL",
            "lifecycleFilter": "Active",
            "datasetsFilter": [],
            "modelVersionFilter": "All Runs",
            "selectedColumns": [*(f"tags.`{tag}`" for tag in self.tags), *(f"metrics.`{m}`" for m in self.metrics)],
            "runsHiddenMode": "SHOWALL",
            "compareRunsMode": "CHART",
            "groupBy": None,
            "hideEmptyCharts": True,
            "isAccordionReordered": True,
            "compareRunCharts": self._charts(),
            "compareRunSections": [section],
        }

    def _charts(self) -> Sequence[Mapping[str, object]]:
        common = {"deleted": False, "isGenerated": False, "metricSectionId": self.name, "runsCountToCompare": MAX_RUNS}
        charts: list[Mapping[str, object]] = [
            {"type": "PARALLEL", "selectedParams": [], "selectedMetrics": self.parallel, "showAllRuns": True},
            *({"type": "SCATTER", "xaxis": _axis(x), "yaxis": _axis(y)} for x, y in self.scatter),
            *({"type": "BAR", "metricKey": name, "dataAccessKey": name} for name in self.bars),
        ]
        return [{"uuid": f"{self.name}{number}", **common, **chart} for number, chart in enumerate(charts)]


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Presentation of a store's runs in MLflow's UI."""

    groups: MetricGroups
    view: View
    description: str
    """Text at the top of an experiment, in Markdown; `{suite}` stands for the suite's name."""


def ui_command(uri: str) -> str:
    """Command line that opens the runs in a browser, without the address's password."""
    if is_server(uri):
        return f"python -m webbrowser {shlex.quote(without_password(uri))}"
    return f"mlflow ui --backend-store-uri {shlex.quote(_short(uri) if is_local(uri) else without_password(uri))}"


def runs_url(uri: str, experiment: str) -> str:
    """Web address of an experiment's runs, which a run's id completes.

    Without a server it is the address at which `ui_command` serves them by default.
    """
    server = without_password(uri) if is_server(uri) else LOCAL_UI
    return f"{server}/#/experiments/{experiment}/runs/"


def _axis(metric: str) -> Mapping[str, str]:
    return {"key": metric, "dataAccessKey": metric, "type": "METRIC"}


def _short(uri: str) -> str:
    """The address with a relative path, if the file is below the working folder."""
    try:
        return f"sqlite:///{sqlite_path(uri).resolve().relative_to(Path.cwd())}"
    except ValueError:
        return uri
