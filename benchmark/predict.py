"""`python -m benchmark.predict BUNDLE "teks" ...`: one JSON line a text, with onnxruntime and tokenizers alone."""

import argparse
import io
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

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
        for text, answer in zip(texts, bundle.predict(texts), strict=True):
            print(_line(bundle, readable(text), answer), flush=True)
    return DONE


def _line(bundle: Bundle, text: str, answer: str | list[str]) -> str:
    prediction = {"words": words_of(text), "tags": answer} if bundle.per_word else {"label": answer}
    return json.dumps({"text": text, **prediction}, ensure_ascii=False)


def _lines() -> Iterator[list[str]]:
    """One text a line; bytes that are no UTF-8 become the replacement character."""
    with open(STANDARD_INPUT, encoding="utf-8", errors="replace", closefd=False) as lines:
        yield from ([line.rstrip("\r\n")] for line in lines)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmark.predict", description=__doc__, allow_abbrev=False)
    parser.add_argument("bundle", type=Path, help="folder that a run exported (its artifact `bundle`)")
    parser.add_argument("text", nargs="*", help="a text each; none means the lines of the standard input")
    parser.add_argument("--threads", type=_positive, default=1, metavar="N", help="threads of the network (default: 1)")
    return parser


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 on")
    return int(text)


if __name__ == "__main__":
    run_command(main)
