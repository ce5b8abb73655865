"""Summaries of data sets: texts that no model reads whole, held-out texts that are in train too, skipped lines."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmark.core.run_store import DATA_TAG
from benchmark.data.corpus import Corpus, load_corpus
from benchmark.data.pool import in_domain_pool, unlabeled_pool
from benchmark.data.suites import load_suite
from benchmark.data.summary import DataSummary, Unlabelled, Unread
from benchmark.distillation.data_summary import count_unread, summarize
from benchmark.distillation.tokenizer import load_tokenizer
from benchmark.reporting.data_table import data_lines, data_table, stored_summaries
from tests.support.run_factory import many_records

NOTHING = Unread(max_length=8, texts={}, words={})
SENTENCES = "halo\tO\napa\tO\nkabar\tB-X\n\n", "halo\tO\n" * 6 + "\n"
"""Of three and six words."""


@pytest.fixture
def chat(desk_folder: Path) -> Corpus:
    rows = {
        "train": ["halo", "apa", "halo apa"],
        "validation": ["Halo", "kabar"],
        "test": ["halo halo halo halo", "halo halo"],
    }
    for split, lines in rows.items():
        content = "".join(f"{line},{number % 2}\n" for number, line in enumerate(lines))
        (desk_folder / f"{split}.csv").write_text(f"text,label\n{content}")
    files = "train: train.csv, validation: validation.csv, test: test.csv"
    (desk_folder / "mine.yml").write_text(f"task: classification\ndatasets:\n  chat: {{{files}}}\n")
    return load_corpus(load_suite("mine.yml", "quickstart").entries["chat"])


def test_texts_beyond_the_maximum_length_are_counted_by_split(chat: Corpus, tiny_teacher: Path) -> None:
    tokenizer = load_tokenizer(str(tiny_teacher))
    n_halo = len(tokenizer("halo", add_special_tokens=False)["input_ids"])
    fits_two = 2 * n_halo + tokenizer.num_special_tokens_to_add()
    assert count_unread(chat, tokenizer, fits_two) == Unread(max_length=fits_two, texts={"test": 1}, words={})
    assert count_unread(chat, tokenizer, 64).texts == {}


def test_words_beyond_the_maximum_length_are_counted_in_tagging(desk_folder: Path, tiny_teacher: Path) -> None:
    for split in ("train", "validation", "test"):
        (desk_folder / f"{split}.conll").write_text("".join(SENTENCES if split == "test" else SENTENCES[:1]))
    files = "train: train.conll, validation: validation.conll, test: test.conll"
    (desk_folder / "mine.yml").write_text(f"task: sequence_labeling\ndatasets:\n  tags: {{{files}}}\n")
    [entry] = load_suite("mine.yml", "quickstart").entries.values()
    tokenizer = load_tokenizer(str(tiny_teacher), "sequence_labeling")
    n_halo = len(tokenizer("halo", add_special_tokens=False)["input_ids"])
    fits_four = 4 * n_halo + tokenizer.num_special_tokens_to_add()
    unread = count_unread(load_corpus(entry), tokenizer, fits_four)
    assert unread == Unread(max_length=fits_four, texts={"test": 1}, words={"test": 2})


def test_test_texts_in_validation_and_texts_with_several_labels_are_counted(desk_folder: Path) -> None:
    rows = ["halo,0", "HALO,1", "halo ,0", "apa,0", "apa,0", "kabar,1"]
    for name in ("train", "dev"):
        (desk_folder / f"{name}.csv").write_text("text,label\n" + "\n".join(rows if name == "train" else rows[4:]))
    files = "train: train.csv, validation: dev.csv, test: dev.csv"
    (desk_folder / "mine.yml").write_text(f"task: classification\ndatasets:\n  chat: {{{files}}}\n")
    summary = summarize(load_corpus(load_suite("mine.yml", "quickstart").entries["chat"]), NOTHING)
    assert (summary.in_validation, summary.contradictory) == ({"test": 2}, {"train": 3})
    assert data_lines([summary]) == [
        "chat: in train too validation 2 (100.0%), test 2 (100.0%); in validation too test 2 (100.0%); "
        "with other labels too train 3 (50.0%)."
    ]
    assert DataSummary.from_json(summary.to_json()) == summary


def test_labels_that_a_held_out_split_lacks_are_named(desk_folder: Path) -> None:
    """As a row of totals, or a label with a typing mistake, makes."""
    rows = [*(f"halo {i},{i % 2}" for i in range(8)), *(f"apa {i},kelas{i}" for i in range(4))]
    for name, part in (("train", rows), ("dev", rows[:9]), ("test", rows[:2])):
        (desk_folder / f"{name}.csv").write_text("text,label\n" + "\n".join(part))
    files = "train: train.csv, validation: dev.csv, test: test.csv"
    (desk_folder / "mine.yml").write_text(f"task: classification\ndatasets:\n  chat: {{{files}}}\n")
    summary = summarize(load_corpus(load_suite("mine.yml", "quickstart").entries["chat"]), NOTHING)
    [line] = data_lines([replace(summary, in_train={}, in_validation={})])
    expected = "test 4 (kelas0, kelas1, kelas2, ...), validation 3 (kelas1, kelas2, kelas3)"
    assert line == f"chat: labels without texts {expected}."
    assert DataSummary.from_json(summary.to_json()) == summary


def test_held_out_texts_that_are_in_train_too_are_counted(chat: Corpus) -> None:
    corpus = replace(chat, skipped={"comments": 3})
    summary = summarize(corpus, NOTHING)
    assert (summary.in_train, summary.skipped) == ({"validation": 1}, {"comments": 3})
    assert (summary.n_labels, summary.rows) == (2, {"train": 3, "validation": 2, "test": 2})
    assert DataSummary.from_json(summary.to_json()) == summary


def test_the_table_shows_what_a_data_set_has(chat: Corpus) -> None:
    clean = summarize(chat, NOTHING)
    unread = Unread(max_length=8, texts={"train": 1, "test": 1}, words={"train": 1000, "test": 234})
    odd = replace(clean, unread=unread, skipped={"comments": 3}, in_train={})
    assert [column.name for column in data_table([replace(clean, in_train={})]).columns][-1] == "truncated"
    cut = "train 1 (33.3%), test 1 (50.0%); 1,234 words"
    assert data_table([clean, odd]).texts == [
        ["chat", "macro F1 of classes", "2", "3", "2", "2", "none", "validation 1 (50.0%)", ""],
        ["chat", "macro F1 of classes", "2", "3", "2", "2", cut, "", "3 comments"],
    ]
    assert data_lines([clean, odd, replace(clean, in_train={})]) == [
        "chat: in train too validation 1 (50.0%).",
        f"chat: truncated {cut}; skipped lines 3 comments.",
    ]


def test_unlabelled_texts_are_counted_by_what_became_of_them(chat: Corpus, desk_folder: Path) -> None:
    suite = load_suite("mine.yml", "quickstart")
    (desk_folder / "more.txt").write_text("kabar\nHALO halo\nhalo\nbaru\nbaru \nlagi\n")
    read = in_domain_pool(chat, suite, desk_folder / "more.txt")
    assert read.counts == Unlabelled(read=6, held_out=3, labelled=0, repeated=1, kept=2), "halo is in validation too"
    summary = summarize(chat, NOTHING, {"in_domain": read, "pool": unlabeled_pool(chat, suite)})
    assert data_lines([summary]) == [
        "chat: in train too validation 1 (50.0%); unlabelled texts --in-domain 2 of 6 (left out: 3 held out, "
        "1 repeated); none, so that they change no student, of 3 (left out: 1 held out, 2 in train)."
    ]
    assert DataSummary.from_json(summary.to_json()) == summary


def test_a_report_has_the_counts_of_the_newest_run_that_read_unlabelled_text(chat: Corpus) -> None:
    counts = [Unlabelled(read=n, held_out=0, labelled=0, repeated=0, kept=n) for n in (1, 2)]
    newest = replace(summarize(chat, NOTHING), skipped={"comments": 3})
    summaries = [*(replace(newest, skipped={}, unlabelled={"pool": each}) for each in counts), newest, newest]
    [record] = many_records(1, (), (), 0)
    records = [replace(record, tags={"dataset": "chat", DATA_TAG: summary.to_json()}) for summary in summaries]
    assert stored_summaries(records) == [replace(newest, unlabelled={"pool": counts[1]})]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"name": 1}', '{"rows": {"train": "many"}}'])
def test_a_tag_that_another_program_wrote_is_no_summary(text: str) -> None:
    assert DataSummary.from_json(text) is None
