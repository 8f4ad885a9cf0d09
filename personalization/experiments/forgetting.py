"""What goes with a site that is deleted? All that its experiments and bandits knew of visitors: their tables have no
keys to its rows, so that results outlive an experiment that somebody deletes."""

from typing import Any

from django.db.models import Model

from campaigns.models import Treatment
from personalization.models import Batch, Delay, Outcome, OutcomeSum, Reward, Trial, Unit, UnitSum
from sites.models import Site

TABLES: tuple[type[Model], ...] = (Batch, Delay, Outcome, OutcomeSum, Reward, Trial, UnitSum)


def forget(sender: type[Site], instance: Site, **kwargs: Any) -> None:
    """Before the site goes: afterwards nobody knows which experiments were its own."""
    own = set(Treatment.objects.filter(site=instance).values_list("pk", flat=True))
    own |= set(Unit.objects.filter(site=instance).values_list("treatment_id", flat=True).distinct())
    for table in TABLES:
        table._default_manager.filter(treatment_id__in=own).delete()
    Unit.objects.filter(site=instance).delete()
