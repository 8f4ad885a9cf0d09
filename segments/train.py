"""How does a site get its clusters? Sample (`population`), fit (`fitting`), compare (`comparing`), register
(`registering`): this conducts."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from segments import fitting, population, registering
from segments.clustering.base import MIN_EVENTS
from segments.comparing import is_held_out
from segments.fitting import CLUSTER_FEATURES, KS, Tell, TooFew
from segments.models import ModelVersion, TrainingRun
from segments.population import Population
from segments.training_runs import asker_of
from sites.models import Site
from sites.units import counted

MOST_VISITORS = 100_000
LEAST_VISITORS = 100


def train(site: Site, run: TrainingRun, people: Population | None = None, ks: Sequence[int] = KS) -> TrainingRun:
    """One attempt, of the kind that `run` names, with its progress in `run`; of `people` with all `CLUSTER_FEATURES`,
    or a sample of the site's visitors. Raises nothing but what should not happen."""
    try:
        run.model = _train(site, run, people, ks, lambda progress, message: _tell(run, progress, message))
        run.status, run.message = TrainingRun.Status.DONE, run.model.note
    except TooFew as error:
        run.status, run.message = TrainingRun.Status.FAILED, str(error)
    except Exception:
        run.status, run.message = TrainingRun.Status.FAILED, "Training stopped with an error; the worker's log has it."
        raise
    finally:
        run.progress, run.finished_at = 100, datetime.now(UTC)
        run.save()
    return run


def _tell(run: TrainingRun, progress: int, message: str) -> None:
    TrainingRun.objects.filter(pk=run.pk).update(progress=progress, message=message)


def _train(site: Site, run: TrainingRun, people: Population | None, ks: Sequence[int], tell: Tell) -> ModelVersion:
    tell(2, "Reading profiles")
    people = people or population.sample(site, CLUSTER_FEATURES, MOST_VISITORS, MIN_EVENTS)
    if len(people.visitors) < LEAST_VISITORS:
        found = counted(len(people.visitors), "visitors")
        raise TooFew(f"{found} did more than one thing in the last 30 days; {LEAST_VISITORS} are needed.")
    held_out = np.array([is_held_out(visitor) for visitor in people.visitors])
    candidate = fitting.fit(people.X[~held_out], CLUSTER_FEATURES, run.kind, ks, tell)
    tell(90, "Comparing with the promoted model")
    return registering.register(site, people, held_out, candidate, asker_of(run))
