"""Whatever an address, mlflow.yml or an owner says: its meaning, or one StoreError, and no password."""

import re
from contextlib import suppress
from pathlib import Path

import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from benchmark.core.run_store import GROUPS
from tests.support.fuzzing import WORD, fuzzed, junk
from tracking import StoreError, is_dead, ui_command, without_password
from tracking.config import TrackingConfig, resolve


@fuzzed
@given(
    junk("tracking_uri: ", "artifact_location: ", "sqlite:///", "http://[", "~nobody/", "a:b@", "2020-99-99", "{", "&a")
)
@example(content=b"tracking_uri: 2020-99-99")
@example(content=b"artifact_location: ~nobody-at-all/x")
def test_mlflow_yml(place: Path, content: bytes) -> None:
    (place / "mlflow.yml").write_bytes(content)
    with suppress(StoreError):
        assert isinstance(resolve(config=place / "mlflow.yml").tracking_uri, str)


ADDRESS = st.lists(
    st.sampled_from(["sqlite:///", "http://", "https://", "postgresql+psycopg://", "me:", "pw@", "[", "]", "~nobody/"])
    | st.text(max_size=4),
    max_size=5,
).map("".join)


@fuzzed
@given(ADDRESS.filter(bool), st.none() | ADDRESS)
@example(uri="http://[", location=None)
@example(uri="sqlite:///~nobody-at-all/x", location=None)
def test_tracking_addresses(place: Path, uri: str, location: str | None) -> None:
    (place / "location.yml").write_text(yaml.safe_dump({"artifact_location": location}), encoding="utf-8")
    with suppress(StoreError):
        chosen = resolve(uri, place / "location.yml").tracking_uri or ""
        assert ui_command(chosen)
        assert resolve(chosen).tracking_uri == chosen


@fuzzed
@given(
    st.text(max_size=8).filter(lambda user: "@" not in user and not ("/" in user and re.search(r"\s", user))),
    st.from_regex(r"[a-z0-9]{6,9}", fullmatch=True),
)
@example(user="", password="secret1")
@example(user="/", password="secret1")
@example(user="me", password="sec/ret")
def test_no_password_is_shown(user: str, password: str) -> None:
    assert f":{password}@" not in without_password(f"http://{user}:{password}@host:5000")


@fuzzed
@given(st.sampled_from(["tracking_uri", "artifact_location"]), WORD.filter(str.isprintable))
def test_valid_mlflow_yml_comes_back(place: Path, key: str, value: str) -> None:
    (place / "valid_mlflow.yml").write_text(yaml.safe_dump({key: value}), encoding="utf-8")
    assert getattr(TrackingConfig.read(place / "valid_mlflow.yml"), key) == value


@fuzzed
@given(st.text(max_size=20).filter(lambda text: "/" not in text))
@example(column=":x41:")
def test_metric_names(column: str) -> None:
    assert GROUPS.column_name(GROUPS.metric_name(column)) == column
    assert re.fullmatch(r"[\w\-. :/]+", GROUPS.metric_name(column), re.ASCII)


@fuzzed
@given(st.lists(st.sampled_from(["/", "-1", "0", "9" * 30, "host"]) | st.text(max_size=5), max_size=7).map("".join))
def test_owners(process: str) -> None:
    assert is_dead(process) in (True, False)
