"""Ids and processor microseconds of tokie and kitoken beside those of tokenizers (see docs/lab-log.md).

Needs both packages. The tokenizers are those of the encoders given and a vocabulary of students' own; the texts are all
of EmoT, the suite's unlabelled pool, and made ones. Special tokens are left out.

    python docs/experiments/fast_tokenizers.py --teacher ENCODER --teacher benchmark/data/demo/encoder
"""

import argparse
import random
import tempfile
import time
import unicodedata
from collections.abc import Callable, Sequence
from itertools import chain
from pathlib import Path

import kitoken
import numpy as np
import tokie
from tokenizers import Tokenizer

from benchmark.data.suites import load_suite
from benchmark.distillation.suite_data import SuiteData

BLOCKS = (
    (0, 127), (160, 0x250), (0x300, 0x530), (0x600, 0x700), (0xE00, 0xE80), (0x1E00, 0x1F00), (0x2000, 0x2070),
    (0x3040, 0x3100), (0x4E00, 0x4E80), (0xAC00, 0xAC20), (0xFE00, 0xFE10), (0xFF00, 0xFF60), (0x1F300, 0x1F680),
)  # fmt: skip
CHARACTERS = [chr(code) for block in BLOCKS for code in range(*block)]
PIECES = (" ", "  ", "\t", "\n", "\u00a0", "\u3000", "a", "B", "!", "é", "▁", "##a")
N_MADE = 5000
N_CODES = 0x20000
"""Planes 0 and 1 of Unicode; the others hold rare Chinese characters, and private ones."""

Encode = Callable[[str], list[int]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--teacher", action="append", required=True)
    args = parser.parse_args()
    tokenizers: dict[str, Tokenizer] = {}
    for teacher in args.teacher:
        suite_data = SuiteData(suite=load_suite("classification", "paper"), teacher=teacher)
        data = suite_data.encoded_dataset("emot")
        tokenizers[teacher] = data.tokenizer.backend_tokenizer
    own = suite_data.encoded_dataset("emot", vocabulary="own")
    tokenizers["own vocabulary"] = own.tokenizer.backend_tokenizer
    labelled = [text for part in ("train", "validation", "test") for text in data.texts(part)]
    texts = {"EmoT": labelled, "pool": list(data.texts("pool")), **_made(labelled)}
    print("| tokenizer | package | µs | " + " | ".join(f"{name}: {len(of)}" for name, of in texts.items()) + " |")
    for name, tokenizer in tokenizers.items():
        tokenizer.no_truncation()
        exact, *packages = _packages(tokenizer).items()
        expected = {kind: [exact[1](text) for text in of] for kind, of in texts.items()}
        print(f"| {name} | tokenizers | {_microseconds(exact[1], labelled):.0f} |", flush=True)
        for package, encode in packages:
            others = [sum(map(_differs(encode), of, expected[kind])) for kind, of in texts.items()]
            cells = ["", package, f"{_microseconds(encode, labelled):.0f}", *map(str, others)]
            print(f"| {' | '.join(cells)} |", flush=True)


def _made(texts: Sequence[str]) -> dict[str, list[str]]:
    """Random characters, real texts with some of them replaced, each character alone, and runs of spaces and marks."""
    draw = random.Random(0)

    def changed(text: str) -> str:
        characters = list(text)
        for _ in range(draw.randint(1, 6)):
            place = draw.randint(0, len(characters))
            characters[place : place + draw.randint(0, 2)] = draw.choices(CHARACTERS, k=draw.randint(0, 3))
        return "".join(characters)

    return {
        "random": ["".join(draw.choices(CHARACTERS, k=draw.randint(0, 60))) for _ in range(N_MADE)],
        "changed": [changed(draw.choice(texts)) for _ in range(N_MADE)],
        "characters": [f"a{chr(code)}b" for code in range(N_CODES) if unicodedata.category(chr(code))[0] != "C"],
        "spaces": ["".join(draw.choices(PIECES, k=draw.randint(0, 12))) for _ in range(N_MADE)],
    }


def _packages(tokenizer: Tokenizer) -> dict[str, Encode]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tokenizer.json"
        tokenizer.save(str(file))
        of_tokie, of_kitoken = tokie.Tokenizer.from_json(str(file)), kitoken.Kitoken.from_tokenizers_file(str(file))
    return {
        "tokenizers": lambda text: tokenizer.encode(text, add_special_tokens=False).ids,
        "tokie": lambda text: of_tokie.encode(text, add_special_tokens=False).ids,
        "kitoken": lambda text: of_kitoken.encode(text, False),
    }


def _differs(encode: Encode) -> Callable[[str, list[int]], bool]:
    def differs(text: str, expected: list[int]) -> bool:
        try:
            return encode(text) != expected
        except Exception:  # each package raises its own
            return True

    return differs


def _microseconds(encode: Encode, texts: Sequence[str]) -> float:
    """Median over 300 texts, three times each."""
    taken = []
    for text in chain(*[texts[:300]] * 3):
        began = time.process_time_ns()
        encode(text)
        taken.append(time.process_time_ns() - began)
    return float(np.median(taken)) / 1000


if __name__ == "__main__":
    main()
