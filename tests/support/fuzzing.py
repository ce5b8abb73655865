"""Invented inputs: their number, and strategies that several tests share."""

import os
import re

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

N_EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "100"))
NIGHTLY = 1000
"""From here on the inputs differ from run to run; below, a failure is the same for everybody."""

fuzzed = settings(
    max_examples=N_EXAMPLES,
    deadline=None,
    derandomize=N_EXAMPLES < NIGHTLY,
    database=None,
    suppress_health_check=list(HealthCheck),
)

TEXT = st.text(st.characters(exclude_characters="\0\ufeff", exclude_categories=["Cs"]), max_size=12)
WORD = TEXT.filter(lambda text: text.strip() and not re.search(r"[\t\n\r]", text))
SCALAR = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
JSON = st.recursive(
    SCALAR, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
)
BYTES = st.binary(max_size=80)


def junk(*pieces: str) -> st.SearchStrategy[bytes]:
    """Bytes of any kind, or pieces of what the format is made of, in any order."""
    common = ["\n", "\r\n", "\t", " ", "", "-1", "0", "1", "nan", "1e999", "9" * 5000, "\ufeff", "\u2028", "é", "\0"]
    made = st.lists(st.sampled_from([*pieces, *common]), max_size=30).map(lambda chosen: "".join(chosen).encode())
    return BYTES | made | st.tuples(made, BYTES).map(b"".join)
