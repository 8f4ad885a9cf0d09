"""manage.py mend_sources: one name for each source, in what is stored and in what conditions compare with."""

from typing import Any

from django.core.management.base import BaseCommand

import campaigns.editing
import segments.editing
from campaigns.models import Rule
from segments.models import Segment
from segments.spelling import respell
from sites.editing import Editing
from sites.pages.history import Actor
from sites.units import counted
from tracking.mending import mend_referrals
from tracking.models import Referral

BY = Actor(None, "command mend_sources")


class Command(BaseCommand):
    help = (
        "Gives each source, medium and campaign of stored referrals the one name that it has on arrival (google is"
        " Google), and the conditions of segments and rules as well, with an entry in the change log. Profiles need"
        " nothing: they are read so. Running it again changes only what has come since."
    )

    def handle(self, **options: Any) -> None:
        self.stdout.write(f"referrals: {counted(mend_referrals(Referral.objects.all()), 'values')} written anew")
        self.stdout.write(f"conditions: {counted(_respell(Segment, segments.editing), 'segments')} respelled")
        self.stdout.write(f"conditions: {counted(_respell(Rule, campaigns.editing), 'rules')} respelled")


def _respell(model: type[Segment | Rule], editing: Editing) -> int:
    changed = 0
    for row in model.objects.order_by("pk"):
        if (spelled := respell(row.condition)) != row.condition:
            row.condition = spelled
            editing.save(row, BY)
            changed += 1
    return changed
