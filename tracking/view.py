"""The saved view that a suite's experiment opens with in MLflow's UI: its columns, its order and its charts.

The form is MLflow 3.17's own for `Views > Save as new view`; a UI that does not know it shows its usual table.
"""

import json
from collections.abc import Mapping, Sequence

VIEW = "leaderboard"
FILTER = "tags.role = 'train' AND tags.smoke = 'false' AND metrics.`score/test_f1` > 0"
"""Students that count, in the UI's language. A teacher beside them would leave no room on the axes of their costs."""
COLUMNS = ("tags.`dataset`", "tags.`student`", "tags.`setting`", "tags.`seed`")
METRICS = ("score/test_f1", "score/f1_kept", "size/parameters", "size/onnx_mib", "latency/onnx_ms", "train/seconds")
AXES = ("latency/onnx_ms", "size/parameters", "train/seconds", "score/valid_f1", "score/test_f1")
"""Of the parallel coordinates: costs on the left, what they buy on the right."""
PAIRS = (("latency/onnx_ms", "score/test_f1"), ("size/parameters", "score/test_f1"))
"""Of the scatter plots."""
BARS = ("score/test_f1", "latency/onnx_ms")
MOST_RUNS = 100


def view_tags() -> dict[str, str]:
    """Tags of the experiment that make the view."""
    named = {"name": VIEW, "createdAt": 0, "updatedAt": 0, "state": json.dumps(_state())}
    return {
        f"mlflow.sharedViewState.{VIEW}": json.dumps(named),
        "mlflow.experimentKind": "custom_model_development",
        "mlflow.experiment.primaryMetric.name": "score/test_f1",
        "mlflow.experiment.primaryMetric.greaterIsBetter": "True",
    }


def view_query() -> str:
    """What follows an experiment's address, so that it opens with the view and not with MLflow's page of traces."""
    return f"?workflowType=machine_learning&viewStateShareKey={VIEW}&compareRunsMode=CHART"


def _state() -> Mapping[str, object]:
    return {
        "searchFilter": FILTER,
        "orderByKey": "metrics.`score/test_f1`",
        "orderByAsc": False,
        "startTime": "ALL",
        "lifecycleFilter": "Active",
        "datasetsFilter": [],
        "modelVersionFilter": "All Runs",
        "selectedColumns": [*COLUMNS, *(f"metrics.`{name}`" for name in METRICS)],
        "runsHiddenMode": "SHOWALL",
        "compareRunsMode": "CHART",
        "groupBy": None,
        "hideEmptyCharts": True,
        "isAccordionReordered": True,
        "compareRunCharts": _charts(),
        "compareRunSections": [
            {"uuid": VIEW, "name": "What F1 costs", "display": True, "isReordered": True, "columns": 2}
        ],
    }


def _charts() -> Sequence[Mapping[str, object]]:
    common = {"deleted": False, "isGenerated": False, "metricSectionId": VIEW, "runsCountToCompare": MOST_RUNS}
    wide = {"type": "PARALLEL", "selectedParams": [], "selectedMetrics": AXES, "showAllRuns": True}
    pairs: list[dict[str, object]] = [{"type": "SCATTER", "xaxis": _metric(x), "yaxis": _metric(y)} for x, y in PAIRS]
    bars: list[dict[str, object]] = [{"type": "BAR", "metricKey": name, "dataAccessKey": name} for name in BARS]
    charts: list[dict[str, object]] = [wide, *pairs, *bars]
    return [{"uuid": f"{VIEW}{number}", **common, **chart} for number, chart in enumerate(charts)]


def _metric(name: str) -> Mapping[str, str]:
    return {"key": name, "dataAccessKey": name, "type": "METRIC"}
