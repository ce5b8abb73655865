"""`python -m benchmark.predict BUNDLE "teks" ...`: one JSON line per text, with onnxruntime and tokenizers alone."""

import argparse
import io
import json
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from benchmark.cli.command import run_command
from benchmark.cli.parser import Parser, positive
from benchmark.core.errors import DONE, InputError

if TYPE_CHECKING:
    from benchmark.bundle import Bundle

STANDARD_INPUT = 0
EXAMPLES = ('bundle "senang sekali"', 'bundle --scores --min-score 0.5 "senang sekali"', "bundle < texts.txt")


def build_parser() -> Parser:
    """Parser of the command line."""
    parser = Parser("predict", __doc__, EXAMPLES)
    add = parser.add_argument
    add("bundle", help="folder that a run exported (its artifact `bundle`), or hf://owner/name[@revision]")
    add("text", nargs="*", help="texts (default: the lines of standard input)")
    add("--words", action="store_true", help='each text is a JSON list of words, as ["Budi", "di Solo"], for taggers')
    add("--threads", type=positive, default=1, metavar="N", help="threads of the network (default: 1)")
    fp32 = "answer with the fp32 model where INT8 serves: exactly as the run did"
    add("--fp32", action="store_true", help=fp32)
    add("--scores", action="store_true", help="with a calibrated probability per label (or word)")
    lowest = "a label or tag of a lower score is null"
    add("--min-score", type=_probability, default=0.0, metavar="P", help=lowest)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Answers the texts given, or each line of the standard input as it comes."""
    args = build_parser().parse_args(arguments)
    from benchmark.bundle import Bundle, BundleError  # imports onnxruntime, which help and usage errors do without

    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    try:
        bundle = Bundle.load(args.bundle, n_threads=args.threads, int8=not args.fp32)
        for texts in [args.text] if args.text else _lines():
            for prediction in _predictions(bundle, list(map(_words, texts)) if args.words else texts, args):
                print(json.dumps(prediction, ensure_ascii=False), flush=True)
    except BundleError as error:
        raise InputError(str(error)) from error
    return DONE


def _predictions(
    bundle: "Bundle", texts: Sequence[str | list[str]], args: argparse.Namespace
) -> Iterator[dict[str, Any]]:
    from benchmark.bundle import text_of, words_of

    predicted = bundle.predict(texts, scores=args.scores, min_score=args.min_score)
    for text, one in zip(texts, predicted, strict=True):
        named = {"words": words_of(text), "tags": one} if bundle.per_word else {"label": one}
        yield one if args.scores else {"text": text_of(text), **named}


def _words(text: str) -> list[str]:
    try:
        words = json.loads(text)
    except (ValueError, RecursionError):
        words = None
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise InputError(
            f'--words takes a JSON list of strings for each text, as ["Budi", "di Solo"]; got {text!r:.60}.'
        )
    return words


def _lines() -> Iterator[list[str]]:
    """One text a line; bytes that are no UTF-8 become the replacement character."""
    with open(STANDARD_INPUT, encoding="utf-8", errors="replace", closefd=False) as lines:
        yield from ([line.rstrip("\r\n")] for line in lines)


def _probability(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 1")
    return value


if __name__ == "__main__":
    run_command(main)
