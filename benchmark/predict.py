"""`python -m benchmark.predict BUNDLE "teks" ...`: one JSON line a text, with onnxruntime and tokenizers alone."""

import argparse
import io
import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from benchmark.bundle import Bundle, BundleError, readable, words_of
from benchmark.cli.command import run_command
from benchmark.core.errors import DONE, InputError

STANDARD_INPUT = 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Answers the texts given, or each line of the standard input as it comes."""
    args = _parser().parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    try:
        bundle = Bundle.load(args.bundle, n_threads=args.threads)
    except BundleError as error:
        raise InputError(str(error)) from error
    for texts in [args.text] if args.text else _lines():
        for prediction in _predictions(bundle, texts, args):
            print(json.dumps(prediction, ensure_ascii=False), flush=True)
    return DONE


def _predictions(bundle: Bundle, texts: Sequence[str], args: argparse.Namespace) -> Iterator[dict[str, Any]]:
    try:
        predicted = bundle.predict(texts, scores=args.scores, min_score=args.min_score)
    except BundleError as error:
        raise InputError(str(error)) from error
    for text, one in zip(texts, predicted, strict=True):
        named = {"words": words_of(text), "tags": one} if bundle.per_word else {"label": one}
        yield one if args.scores else {"text": readable(text), **named}


def _lines() -> Iterator[list[str]]:
    """One text a line; bytes that are no UTF-8 become the replacement character."""
    with open(STANDARD_INPUT, encoding="utf-8", errors="replace", closefd=False) as lines:
        yield from ([line.rstrip("\r\n")] for line in lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmark.predict", description=__doc__, allow_abbrev=False)
    where = "folder that a run exported (its artifact `bundle`), or hf://owner/name[@revision]"
    parser.add_argument("bundle", help=where)
    parser.add_argument("text", nargs="*", help="a text each; none means the lines of the standard input")
    parser.add_argument("--threads", type=_positive, default=1, metavar="N", help="threads of the network (default: 1)")
    parser.add_argument("--scores", action="store_true", help="with a calibrated probability per label (or word)")
    parser.add_argument(
        "--min-score", type=_probability, default=0.0, metavar="P", help="a label or tag of a lower score is null"
    )
    return parser


def _probability(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 1")
    return value


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 on")
    return int(text)


if __name__ == "__main__":
    run_command(main)
