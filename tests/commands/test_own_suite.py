"""The main command on anyone's own data: in another language, of few rows, with missing classes."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from benchmark import list as list_command
from benchmark import report
from benchmark.bundle import Bundle
from benchmark.core.run_store import open_store
from benchmark.run import main
from tests.support.runs import of_role

TURKISH = "Ayşe/B-KİŞİ Yılmaz/I-KİŞİ dün/O {}/B-YER şehrine/O gitti/O"
PLACES = ("İzmir", "Ankara", "Bursa", "Muğla", "Çorum", "Iğdır", "Düzce", "Şırnak")


def conll(sentences: list[str]) -> str:
    words = [[word.rsplit("/", 1) for word in sentence.split()] for sentence in sentences]
    return "\n\n".join("\n".join(f"{token}\t{tag}" for token, tag in sentence) for sentence in words) + "\n"


@pytest.fixture
def turkish(desk_folder: Path, tiny_teacher: Path) -> Path:
    """Tagged Turkish with a sentence of one word, one of no known character, and one far too long; 40 rows to learn."""
    odd = ["Bursa/B-YER", "\u200b/O", " ".join(["Ankara/B-YER", "çok/O"] * 400)]
    made = [TURKISH.format(place) for place in PLACES] * 5
    (desk_folder / "eğitim.conll").write_text(conll(made + odd), encoding="utf-8")
    (desk_folder / "dev.conll").write_text(conll([*made[:4], "Bursa/B-YER", "\u200b/O"]), encoding="utf-8")
    (desk_folder / "test.conll").write_text(conll([*made[:6], *odd]), encoding="utf-8")
    (desk_folder / "metin.txt").write_text("Ali Muğla şehrine gitti\n\nköy\n" * 5, encoding="utf-8")
    (desk_folder / "haber.yml").write_text(
        f"name: haber\ntask: sequence_labeling\nteacher: {tiny_teacher}\nunlabeled: [metin.txt]\n"
        "datasets:\n  kişi_yer.v2: {train: eğitim.conll, validation: dev.conll, test: test.conll}\n",
        encoding="utf-8",
    )
    return desk_folder


@pytest.mark.usefixtures("brief_measuring", "warm_workers")
def test_a_suite_of_ones_own_in_another_language(turkish: Path, capfd: pytest.CaptureFixture[str]) -> None:
    arguments = ["--suite", "haber.yml", "-s", "cnn", "-x", "kd_ulb", "--teacher-epochs", "2", "--max-epochs", "3"]
    assert main(arguments) == 0
    out, err = capfd.readouterr()
    assert err == ""
    rows = list(csv.DictReader((turkish / "results" / "haber" / "results.csv").open(newline="", encoding="utf-8")))
    assert {(row["dataset"], row["student"], row["status"]) for row in rows} == {
        ("kişi_yer.v2", "teacher", "finished"),
        ("kişi_yer.v2", "cnn", "finished"),
    }
    assert "kd_ulb" in out.partition("sweep")[2], "the leaderboard ranks it"
    assert "nothing to rank" not in out
    assert out.count("Serve the best: ") == 1
    turkish.joinpath("eğitim.conll").unlink()  # reports and lists read the store alone
    assert report.main(["--suite", "haber.yml"]) == list_command.main(["runs", "--suite", "haber.yml"]) == 0
    assert "Page: " in capfd.readouterr().out
    [trained] = of_role(open_store("sqlite:///mlflow.db").records("haber"), "train")
    bundle = Bundle.load(open_store("sqlite:///mlflow.db").download(trained.run_id, "bundle", turkish / "b"))
    assert set(bundle.predict(["Ayşe Bursa şehrine gitti", "köy"])[0]) <= {"O", "B-KİŞİ", "I-KİŞİ", "B-YER"}


@pytest.mark.parametrize("setting", ["kd_ulb_fasttext"])
def test_two_rows_a_class_and_classes_missing_from_validation(
    setting: str, desk_folder: Path, tiny_teacher: Path
) -> None:
    long = "terima kasih banyak " * 200
    train = [(f"salam {i}", "selamat datang") for i in range(2)] + [(long, "thanks/terima"), ("trims", "thanks/terima")]
    write_rows(desk_folder / "a.csv", [*train, ("dah", "bye, now"), ("sampai jumpa", "bye, now")])
    write_rows(desk_folder / "b.csv", train[:1])
    write_rows(desk_folder / "c.csv", [train[0], (long, "thanks/terima")])
    (desk_folder / "own.yml").write_text(
        f"task: classification\nteacher: {tiny_teacher}\n"
        "datasets: {dua-baris: {train: a.csv, validation: b.csv, test: c.csv}}\n"
    )
    options = ("--teacher-epochs", "1", "--max-epochs", "2", "--no-latency")
    assert main(["--suite", "own.yml", "-s", "cnn", "-x", setting, *options]) == 0
    records = open_store("sqlite:///mlflow.db").records("own")
    assert Counter(record.status for record in records if record.tags["role"] != "report") == {"finished": 2}


def write_rows(path: Path, rows: list[tuple[str, str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("text", "label"), *rows])
