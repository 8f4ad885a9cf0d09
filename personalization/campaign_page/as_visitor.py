"""What would each placement of a campaign show to a visitor at a moment, and why? In words and pictures."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec
from django.utils import timezone

from campaigns.models import AdVariant, Campaign, Placement, Rule
from campaigns.previews import framed
from campaigns.release import FrozenRelease, FrozenVariant
from campaigns.slots import Values
from personalization import explain
from personalization.campaign_page.content import Frame, frame_of
from personalization.campaign_page.preview import decisions_at, drafted
from personalization.campaign_page.preview_form import PreviewForm, Wanted
from personalization.decide import Decision
from sites.models import Site
from sites.pages.moments import SHOWN
from tracking.models import Visitor
from tracking.visitors import describe, find

RECENT = 6  # visitors to choose from


class Told(NamedTuple):
    """What one placement shows to the visitor, and why: of each rule of the campaign a sentence, and of the others."""

    placement: Placement
    variant: AdVariant | None
    frame: Frame | None
    rule: Rule | None  # that won; None for what everyone else sees
    is_ours: bool
    because: str
    ours: list[str]
    others: list[str]


def preview_of(site: Site, campaign: Campaign, rules: Sequence[Rule], form: PreviewForm) -> dict[str, Any]:
    """What the form asks for. Nothing is stored."""
    placements = {rule.placement_id: rule.placement for rule in rules}.values()
    wanted = form.wanted()
    found = drafted(site, campaign, [placement.key for placement in placements], timezone.now())
    told: list[Told] = []
    if found.release and wanted.visit:
        for together in _by_page(placements):
            keys = [placement.key for placement in together]
            made = decisions_at(found.release, site, wanted.visit, keys, wanted.at)
            told += _told(campaign, found.release, together, made, wanted)
    return {
        "form": form,
        "at": wanted.at,
        "visitor": wanted.visitor,
        "told": told,
        "problems": found.problems,
        "is_special": any(form[name].data or form[name].errors for name in ("channel", "source", "consent", "scheme")),
    }


def _by_page(placements: Iterable[Placement]) -> list[list[Placement]]:
    """Those of one kind of page are asked together, as a page does: no creative stands on it twice."""
    pages: dict[str, list[Placement]] = {}
    for placement in placements:
        pages.setdefault(placement.page, []).append(placement)
    return list(pages.values())


def moments_of(campaign: Campaign, rules: Sequence[Rule]) -> list[tuple[str, str]]:
    """Moments that somebody may want to look at, in words, and as the form takes them: when something begins that has
    not begun."""
    now, zone = timezone.now(), campaign.site.time_zone
    dates = {at for rule in rules if (at := rule.next_run(now, zone)) and at > now}
    return [
        (f"{timezone.localtime(at):%a %-d %b %H:%M}", f"{timezone.localtime(at):{SHOWN}}") for at in sorted(dates)[:3]
    ]


def recent_visitors(site: Site) -> list[tuple[Visitor, Any]]:
    """Those seen last, each with what is known for lists."""
    rows = list(find(site)[:RECENT])
    said = describe(site, [row.pk for row in rows])
    return [(row, said.get(row.pk)) for row in rows]


def _told(
    campaign: Campaign,
    release: FrozenRelease,
    placements: Sequence[Placement],
    made: Sequence[Decision],
    wanted: Wanted,
) -> list[Told]:
    shown = {release.variants[one.variant].id for one in made if one.variant >= 0}
    variants = AdVariant.objects.in_bulk(shown)
    won = Rule.objects.select_related("campaign").in_bulk([one.rule.id for one in made if one.rule])
    answers = []
    for placement, one in zip(placements, made, strict=True):
        frozen = release.variants[one.variant] if one.variant >= 0 else None
        variant = variants.get(frozen.id) if frozen else None
        frame = None
        if frozen and variant:
            html = _html(frozen.spoken(wanted.language), one.values)
            frame = frame_of(placement, variant, framed(html, scheme=wanted.scheme))
        steps = [(release.rules[step.rule].campaign_id, explain.step_sentence(step, release)) for step in one.trace]
        answers.append(
            Told(
                placement,
                variant,
                frame,
                won.get(one.rule.id) if one.rule else None,
                bool(one.rule and one.rule.campaign_id == campaign.pk),
                explain.because(one, release),
                [words for owner, words in steps if owner == campaign.pk],
                [words for owner, words in steps if owner != campaign.pk],
            )
        )
    return answers


def _html(frozen: FrozenVariant, values: Values | None) -> str:
    return str(msgspec.json.decode(frozen.answer(values))["html"])
