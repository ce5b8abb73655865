"""The factorial's conditions and contrasts, against a model whose effects are known."""

from itertools import product

import pytest

from benchmark.core.settings import SETTINGS
from benchmark.reporting.studies.experiments import EXPERIMENTS, FACTORS
from benchmark.reporting.studies.factorial import Factor, contrasts, level_names

TWO = (Factor(name="heat", mark="heat"), Factor(name="salt", mark="salt"))


def test_conditions_are_named_by_what_is_on() -> None:
    assert level_names(TWO) == {"plain": (-1, -1), "salt": (-1, 1), "heat": (1, -1), "heat+salt": (1, 1)}


def test_a_contrast_finds_its_effect_and_no_other() -> None:
    """y = 5 + 3 heat - 2 salt + 0.5 heat salt, with signs for on and off: each effect is twice its coefficient."""
    names = level_names(TWO)
    y = {name: 5 + 3 * heat - 2 * salt + 0.5 * heat * salt for name, (heat, salt) in names.items()}
    found = {
        claim: sum(y[n] for n in plus) / len(plus) - sum(y[n] for n in minus) / len(minus)
        for claim, plus, minus in contrasts(TWO, names)
    }
    assert found == pytest.approx({"Main effect of heat": 6, "Main effect of salt": -4, "Interaction of heat, salt": 1})


def test_interplay_has_a_setting_for_every_combination() -> None:
    conditions = EXPERIMENTS["interplay"].conditions
    assert set(conditions) == set(level_names(FACTORS))
    assert len(EXPERIMENTS["interplay"].effects) == 7
    for length, balance, domain in product((False, True), repeat=3):
        on = (
            name
            for name, is_on in zip(("length", "balance", "domain"), (length, balance, domain), strict=True)
            if is_on
        )
        setting = SETTINGS[conditions["+".join(on) or "plain"]]
        told = (setting.length_filter != "", setting.balance != "", setting.text_source != "pool")
        assert told == (length, balance, domain)
