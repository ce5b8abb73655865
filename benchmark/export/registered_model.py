"""The best student of each data set as a registered model for `mlflow models serve`."""

from collections.abc import Iterable, Sequence

from benchmark.bundle import BundleError, slim
from benchmark.core.errors import RunError
from benchmark.core.run_store import BUNDLE, download
from benchmark.core.spec import PROTOCOL
from benchmark.core.streams import print_error
from benchmark.export.mlflow_model import text_model
from benchmark.reporting.best import best_runs
from benchmark.reporting.results import Row
from benchmark.reporting.use_commands import BEST, SERVE, model_name
from tracking import Store, scratch_folder


def publish_best(store: Store, rows: Sequence[Row]) -> list[str]:
    """Registers the best student of each data set of a suite; returns URIs as `models:/classification-emot@best`.

    `rows` are those of its report: the best is the one that the report names. One whose files are missing or damaged
    is left out, with a message.
    """
    addresses = []
    for row in best_runs(rows):
        if row.protocol == PROTOCOL:
            try:
                addresses.append(_publish(store, row))
            except (RunError, BundleError) as error:  # the others are registered
                print_error(f"Not registered: {error}")
    return addresses


def serve_commands(addresses: Iterable[str]) -> list[str]:
    """A line with the command that serves each model; MLFLOW_TRACKING_URI names the store."""
    return [f"Serve the best: {' '.join(SERVE)} {address}" for address in addresses]


def _publish(store: Store, row: Row) -> str:
    name, run = model_name(row.suite, row.dataset), f"{row.dataset}.{row.student}.{row.setting}.seed{row.seed}"
    with scratch_folder() as folder:
        served = slim(download(store, row.run_id, run, BUNDLE, folder), folder / "served")
        return store.publish(row.run_id, name, BEST, text_model(served, describe(row)))


def describe(row: Row) -> str:
    """Student, setting, F1 with its interval, milliseconds, MiB and data of a registered model, in Markdown.

    Where INT8 serves, they are those of INT8, and F1 is that of fp32 too.
    """
    low, high = row.test_f1_low, row.test_f1_high
    interval = "" if low is None or high is None else f" (95 % interval {100 * low:.1f} to {100 * high:.1f})"
    in_fp32 = " in fp32" if row.serves_int8 else ""
    figures = (
        ("F1 on test {:.1f} in INT8, which serves", row.served("test_f1") if row.serves_int8 else None, 100),
        ("F1 on test {:.1f}" + in_fp32 + interval, row.test_f1, 100),
        ("{:.3g} ms per sentence in ONNX", row.served("latency_onnx_ms"), 1),
        ("{:.3g} MiB", row.served("size_onnx_mib"), 1),
    )
    known = [text.format(factor * value) for text, value, factor in figures if value is not None]
    return f"**{row.student}**, setting `{row.setting}`, for {row.dataset}: {', '.join(known)}. Run {row.run_id}."
