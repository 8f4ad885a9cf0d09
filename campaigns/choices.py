"""What stands on the page on which somebody chooses what to publish? What may be chosen, whose changes each is, who
waits for it, and what is ticked to begin with."""

from collections.abc import Collection
from dataclasses import dataclass

from django.contrib.auth.models import User

from campaigns.approval import Waiting, waiting_in
from campaigns.composing import CAMPAIGN, Thing, campaigns_in
from campaigns.editors import NOBODY, editors_of
from campaigns.models import Campaign
from campaigns.offers import Offer
from sites.models import Site


@dataclass(frozen=True)
class Choice:
    offer: Offer
    editors: list[str]
    is_mine: bool
    is_ticked: bool
    waiting: Waiting | None
    key: str  # of a campaign that is still there

    @property
    def is_campaign(self) -> bool:
        return self.offer.thing.startswith(CAMPAIGN)

    @property
    def kind(self) -> str:
        return self.offer.thing.partition(":")[0]


def choices_of(site: Site, offers: Collection[Offer], user: User, ticked: Collection[Thing] | None) -> list[Choice]:
    """One's own first, then what others wait for. `ticked` is what was ticked when the page was sent; None where it
    opens: one's own changes of what is launched."""
    editors = editors_of(site, [offer.thing for offer in offers])
    asked = {waiting.request.campaign_id: waiting for waiting in waiting_in(site)}
    keys = dict(Campaign.objects.filter(site=site).values_list("pk", "key"))
    made = []
    for offer in offers:
        names, users = editors.get(offer.thing, NOBODY)
        pk = next(iter(campaigns_in({offer.thing})), 0)
        mine = user.pk in users
        usual = mine and not (offer.is_held or offer.is_new or offer.errors)
        is_ticked = usual if ticked is None else offer.thing in ticked
        made.append(Choice(offer, names, mine, is_ticked, asked.get(pk), keys.get(pk, "")))
    return sorted(made, key=lambda choice: (not choice.is_mine, choice.waiting is None))
