"""A full factorial of two levels: its conditions, and the contrast of every main effect and interaction.

Montgomery, Design and Analysis of Experiments, chapter 6: an effect is the mean of the runs where the product of its
factors' signs is +1 less the mean of those where it is -1.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, combinations, product
from math import prod

NONE_ON = "plain"


@dataclass(frozen=True, kw_only=True)
class Factor:
    """Something that is on or off; `mark` is its part of a condition's name."""

    name: str
    mark: str


Signs = tuple[int, ...]
"""+1 or -1 for each factor."""


def level_names(factors: Sequence[Factor]) -> dict[str, Signs]:
    """The conditions by name, as `length+balance` where those are on; `plain` where none is."""
    return {_name(factors, signs): signs for signs in product((-1, 1), repeat=len(factors))}


def contrasts(
    factors: Sequence[Factor], conditions: Mapping[str, Signs]
) -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """Claim, conditions that count up, conditions that count down: main effects first, then interactions."""
    for chosen in _subsets(range(len(factors))):
        signs = {name: prod(levels[i] for i in chosen) for name, levels in conditions.items()}
        plus, minus = (tuple(name for name, sign in signs.items() if sign == side) for side in (1, -1))
        yield _claim([factors[i].name for i in chosen]), plus, minus


def _name(factors: Sequence[Factor], signs: Signs) -> str:
    return "+".join(factor.mark for factor, sign in zip(factors, signs, strict=True) if sign > 0) or NONE_ON


def _subsets(indices: Sequence[int]) -> Iterable[tuple[int, ...]]:
    return chain.from_iterable(combinations(indices, size) for size in range(1, len(indices) + 1))


def _claim(names: Sequence[str]) -> str:
    return f"Main effect of {names[0]}" if len(names) == 1 else f"Interaction of {', '.join(names)}"
