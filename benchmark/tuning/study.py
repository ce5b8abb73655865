"""Joining a study: made where there is none, and never mixed with another search's trials."""

import optuna
from optuna.storages import BaseStorage
from optuna.study import Study, StudyDirection

from benchmark.core.errors import InputError
from benchmark.tuning.sampler import PRUNERS, NumberedSampler
from benchmark.tuning.search import Search

SEARCH = "search"
"""The attribute of the study that says what it searches."""
DIRECTION = StudyDirection.MAXIMIZE


def join_study(storage: BaseStorage, search: Search) -> Study:
    """The study of that name. Raises InputError, with nothing written, where it is another search's."""
    study = optuna.create_study(
        storage=storage,
        study_name=search.name,
        direction=DIRECTION,
        sampler=NumberedSampler(search),
        pruner=PRUNERS[search.pruner](),
        load_if_exists=True,
    )
    difference = _difference(study, search)
    if difference:
        raise InputError(
            f"The study {search.name!r} {difference}. Ask for what it searches, or give another name with --study."
        )
    study.set_user_attr(SEARCH, dict(search.description))
    return study


def _difference(study: Study, search: Search) -> str:
    """How the stored study differs from what is asked; empty where it does not."""
    if study.directions != [DIRECTION]:
        stored = ", ".join(direction.name.lower() for direction in study.directions)
        return f"exists with direction {stored}; validation F1 needs maximize"
    known = study.user_attrs.get(SEARCH)
    if known is None:
        return "exists and was not made by benchmark.tune" if study.get_trials(deepcopy=False) else ""
    differing = [name for name, value in search.description.items() if known.get(name) != value]
    if differing == ["lesson"]:
        return "exists for another state of the data, the teacher or the training budget"
    differences = (f"{n} {known.get(n)} (asked: {search.description[n]})" for n in differing if n != "lesson")
    return f"exists with {', '.join(differences)}" if differing else ""
