"""The factorial's conditions and contrasts, against a model whose effects are known."""

from itertools import product

import pytest

from benchmark.core.settings import SETTINGS
from benchmark.reporting.studies.experiments import (
    EXPERIMENTS,
    FACTORS,
    factorial_conditions,
    factorial_contrasts,
)

TWO = ("heat", "salt")


def test_conditions_are_named_by_what_is_on() -> None:
    assert factorial_conditions(TWO) == {"plain": (-1, -1), "salt": (-1, 1), "heat": (1, -1), "heat+salt": (1, 1)}


def test_a_contrast_finds_its_effect_and_no_other() -> None:
    """y = 5 + 3 heat - 2 salt + 0.5 heat salt, with signs for on and off: each effect is twice its coefficient."""
    names = factorial_conditions(TWO)
    y = {name: 5 + 3 * heat - 2 * salt + 0.5 * heat * salt for name, (heat, salt) in names.items()}
    found = {
        "*".join(factors): sum(y[n] for n in plus) / 2 - sum(y[n] for n in minus) / 2
        for factors, plus, minus in factorial_contrasts(TWO)
    }
    assert found == pytest.approx({"heat": 6, "salt": -4, "heat*salt": 1})


def test_interplay_has_a_setting_for_every_combination() -> None:
    conditions = EXPERIMENTS["interplay"].conditions
    assert set(conditions) == set(factorial_conditions(FACTORS))
    claims = EXPERIMENTS["interplay"].claims
    assert len({claim.name for claim in claims}) == 7
    assert (claims[0].text, claims[-1].name) == ("Main effect of length filter", "interplay_length_balance_domain")
    for length, balance, domain in product((False, True), repeat=3):
        on = (
            name
            for name, is_on in zip(("length", "balance", "domain"), (length, balance, domain), strict=True)
            if is_on
        )
        setting = SETTINGS[conditions["+".join(on) or "plain"]]
        levels = (setting.length_filter != "", setting.balance != "", setting.text_source != "pool")
        assert levels == (length, balance, domain)
