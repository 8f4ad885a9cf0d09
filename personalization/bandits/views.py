"""The page of a bandit: what it has learned."""

from functools import partial
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_GET

from campaigns.models import Treatment
from campaigns.treatment_views import rules_of
from personalization.bandits import figures, pictures
from sites.models import Site
from sites.money import write_amount
from sites.pages.shell import PageRequest, page, render_page
from sites.templatetags.moments import moment
from sites.times import ms_of


@require_GET
@page("campaigns.view_treatment")
def bandit(request: PageRequest, site: Site, pk: int) -> HttpResponse:
    row = get_object_or_404(Treatment.objects.filter(site=site, kind=Treatment.Kind.BANDIT), pk=pk)
    learned = figures.learned(site, row)
    arms = [(arm, pictures.style_of(place)) for place, arm in enumerate(learned.arms)]
    styles = {arm.key: style for arm, style in arms}
    context: dict[str, Any] = {
        "site": site,
        "title": row.name,
        "treatment": row,
        "tab": "bandit",
        "learned": learned,
        "arms": arms,
        "leaders": [(arm, styles[arm.key]) for arm in learned.leaders],
        "rules": rules_of(site).get(row.pk, []),
        "top": max((arm.high for arm in learned.arms), default=0),
    }
    if learned.latest:
        context |= _pictures(site, row, learned)
    return render_page(request, "bandits/bandit.html", context)


def _pictures(site: Site, row: Treatment, learned: figures.Learned) -> dict[str, Any]:
    kept = figures.history(row)
    keys = [arm.key for arm in learned.arms]
    allocation = pictures.allocation(
        keys,
        [ms_of(batch.made_at) for batch in kept],
        [moment(batch.made_at, "brief") for batch in kept],
        [{arm["arm"]: arm["share"] for arm in batch.arms} for batch in kept],
        ms_of(timezone.now()),
    )
    drawn: dict[str, Any] = {"allocation": allocation}
    if learned.believed is not None:
        write = partial(write_amount, currency=site.currency) if learned.counts_worth else _percent
        places = [keys.index(key) for key in learned.known]
        believed = pictures.beliefs(learned.believed, places, figures.SURE, write)
        by_key = {arm.key: arm for arm in learned.arms}
        drawn["beliefs"] = believed
        drawn["believed"] = [(by_key[key], one) for key, one in zip(learned.known, believed.rows, strict=True)]
    return drawn


def _percent(share: float) -> str:
    return f"{share * 100:.2f} %"
