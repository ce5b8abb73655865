import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmark.core.errors import InputError
from benchmark.predict import main
from tests.support.bundles import make_bundle


def run(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "benchmark.predict", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, timeout=600, check=False)


def lines(output: bytes | str) -> list[dict[str, object]]:
    text = output.decode("utf-8") if isinstance(output, bytes) else output
    return [json.loads(line) for line in text.splitlines()]


def test_one_json_line_a_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(make_bundle(tmp_path / "bundle")), "Sedih 😀", "aku senang"]) == 0
    printed = capsys.readouterr().out
    assert lines(printed) == [{"text": "Sedih 😀", "label": "sad"}, {"text": "aku senang", "label": "happy"}]
    assert "😀" in printed


def test_tags_stand_beside_their_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([str(make_bundle(tmp_path / "bundle", "sequence_labeling")), "Budi  di\tBandung \u200b", ""])
    answers = lines(capsys.readouterr().out)
    assert answers[0]["words"] == ["Budi", "di", "Bandung", "\u200b"]
    assert answers[0]["tags"] == ["B-PERSON", "O", "B-PLACE", "O"]
    assert answers[1] == {"text": "", "words": [], "tags": []}


def test_words_that_contain_spaces_are_given_as_lists(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bundle = str(make_bundle(tmp_path / "bundle", "sequence_labeling"))
    main([bundle, "--words", '["Budi", "di Bandung"]', "[]"])
    answers = lines(capsys.readouterr().out)
    assert [(answer["text"], answer["words"]) for answer in answers] == [
        ("Budi di Bandung", ["Budi", "di Bandung"]),
        ("", []),
    ]
    assert [len(answer["tags"]) for answer in answers] == [2, 0]


@pytest.mark.parametrize("text", ["Budi di Bandung", '"Budi"', "[1]", '{"words": []}', "[" * 100_000])
def test_words_that_are_no_list_of_strings_are_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--words takes a JSON list of strings"):
        main([str(make_bundle(tmp_path / "bundle", "sequence_labeling")), "--words", text])


def test_a_classifier_takes_no_words(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="A classifier takes strings"):
        main([str(make_bundle(tmp_path / "bundle")), "--words", '["sedih"]'])


def test_without_a_text_each_line_of_the_input_is_one(tmp_path: Path) -> None:
    done = run(str(make_bundle(tmp_path / "bundle")), stdin="sedih\r\n\nsenang \xe9\n".encode("latin-1"))
    assert (done.returncode, done.stderr) == (0, b"")
    assert lines(done.stdout) == [
        {"text": "sedih", "label": "sad"},
        {"text": "", "label": "happy"},
        {"text": "senang \ufffd", "label": "happy"},
    ]


def test_a_line_is_answered_before_the_next_is_there(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmark.predict", str(make_bundle(tmp_path / "bundle"))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as process:
        process.stdin.write("sedih\n")
        assert json.loads(process.stdout.readline())["label"] == "sad"
        process.stdin.close()
        assert process.wait(timeout=600) == 0


def test_an_argument_that_is_no_utf8_is_answered(tmp_path: Path) -> None:
    done = run(str(make_bundle(tmp_path / "bundle")), b"sedih \xff".decode("utf-8", "surrogateescape"))
    assert lines(done.stdout) == [{"text": "sedih ?", "label": "sad"}]


def test_what_is_no_bundle_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    done = run(str(tmp_path), "sedih")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode().splitlines() == [
        f"{tmp_path} is no bundle: it has no manifest.json. Give a folder that a run exported."
    ]


def test_nothing_is_answered_from_a_broken_bundle(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "bundle")
    (folder / "labels.json").write_text('["sad", "happy"]')
    with pytest.raises(InputError, match="is not the file that was exported"):
        main([str(folder), "sedih"])


@pytest.mark.parametrize("threads", ["0", "-1", "two"])
def test_threads_are_a_positive_whole_number(threads: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["bundle", "--threads", threads])
    assert "is not a positive whole number" in capsys.readouterr().err


def test_neither_torch_nor_transformers_nor_mlflow_is_imported(tmp_path: Path) -> None:
    folder = make_bundle(tmp_path / "bundle")
    heavy = ("torch", "transformers", "mlflow", "sklearn", "pandas", "onnx", "rich", "yaml", "psutil")
    code = (
        "import sys; from benchmark.predict import main;"
        f"main([{str(folder)!r}, 'sedih']); print([name for name in {heavy} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert lines(done.stdout) == [{"text": "sedih", "label": "sad"}]
    assert done.stderr.strip() == "[]"
