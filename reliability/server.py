"""A tracking server that is gone for a while: training goes on, and its points arrive complete and in order."""

import threading
from pathlib import Path
from random import Random

from benchmark.core.run_store import open_store
from reliability import training
from reliability.plan import Plan, by_name, check, records
from reliability.tally import Tally
from tests.support.mlflow_server import serving

AWAY_SECONDS = 60.0


def outage(folder: Path, tries: int, dice: Random, seconds: float = AWAY_SECONDS) -> Tally:
    tally, waits = Tally(), []
    with serving(folder / "server") as server:
        store = open_store(server.uri)
        for number in range(tries):
            at, name = dice.randrange(1, training.N_EPOCHS), f"run{number}"
            with tally.one(f"away from epoch {at}"):
                session = training.disturbed(store, folder, at, lambda: server.be_away(seconds), name)
                waits.append(session.longest_wait)
                training.check(store, session, folder, name)
                assert session.longest_wait < 1, f"an epoch waited for {session.longest_wait:.1f} s"
    tally.notes.append(f"away for {seconds:.0f} s; an epoch waited {max(waits, default=0):.3f} s at most")
    return tally


def outage_of_a_sweep(folder: Path, tries: int, dice: Random, seconds: float = AWAY_SECONDS) -> Tally:
    plan, tally = Plan.small(folder), Tally()
    lasts = plan.done(folder / "reference" / "work")
    expected = by_name(records(folder / "reference" / "work"))
    for number in range(tries):
        moment, place = dice.uniform(0.4, 0.9) * lasts, folder / f"sweep{number}"
        with tally.one(f"away from {moment:.0f} s on"), serving(place / "server") as server:
            away = threading.Timer(moment, server.be_away, (seconds,))
            away.start()
            try:
                plan.done(place / "work", MLFLOW_TRACKING_URI=server.uri)
            finally:
                away.join()
            check(records(place / "work", server.uri), expected)
    tally.notes.append(f"away for {seconds:.0f} s")
    return tally
