"""The static site: an index that leads to every suite's report and files."""

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from benchmark.core.errors import InputError
from benchmark.report import main
from tests.support.run_factory import AddRun
from tracking import Store

HOSTILE = "a<b>&c"


def test_every_suite_has_its_answer_and_its_files(store: Store, add_run: AddRun, tmp_path: Path) -> None:
    for suite in ("classification", HOSTILE):
        add_run(store, suite, student="teacher", test_f1=0.6, valid_f1=0.6)
        add_run(store, suite, student="cnn", setting="kd", test_f1=0.5, valid_f1=0.5)
    site = tmp_path / "site"
    assert main(["--tracking-uri", store.uri, "--site", str(site)]) == 0
    text = (site / "index.html").read_text(encoding="utf-8")
    assert text.count("The best student is cnn kd: F1 50.0") == 2
    assert "a&lt;b&gt;&amp;c" in text
    assert "<b>" not in text
    links = [unquote(link) for link in re.findall(r'href="([^"]+)"', text)]
    assert len(links) == 2 * 7
    assert [link for link in links if not (site / link).is_file()] == []
    assert "sdk: static" in (site / "README.md").read_text()


def test_two_folders_are_one_too_many(store: Store, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--site and --out"):
        main(["--tracking-uri", store.uri, "--site", str(tmp_path), "--out", str(tmp_path)])
