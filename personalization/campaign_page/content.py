"""What does a campaign look like? Its creatives side by side, as they stand in their placements, and what a visitor
would see of it at a moment."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from django.db.models import Q
from django.utils import timezone

from campaigns.content import look_of
from campaigns.gallery import WIDE
from campaigns.looks import Look
from campaigns.models import AdVariant, Arm, Campaign, Placement, Rule
from campaigns.previews import document, examples, framed
from campaigns.release import FrozenRelease
from campaigns.slots import Values
from personalization import explain
from personalization.campaign_page.preview import decisions_at, drafted
from personalization.campaign_page.preview_form import PreviewForm, Wanted
from personalization.decide import Decision
from sites.models import Site
from sites.pages.moments import SHOWN
from tracking.models import Visitor
from tracking.visitors import describe, find

RECENT = 6  # visitors to choose from
# Pixels where nobody has said what the placement has.
WIDTHS, HEIGHTS = (960, 360), {"hero": 340, "banner": 120, "card": 440, "row": 400, "message": 200, "countdown": 220}
MOST_WIDE = 620  # beyond it is shown at half its size


class Frame(NamedTuple):
    """A creative in the room that its placement has, in pixels."""

    document: str
    width: int
    height: int

    @property
    def zoom(self) -> str:
        return "0.5" if self.width > MOST_WIDE else "1"


class Shown(NamedTuple):
    """One creative of a rule. `share` is that of its arm, where it is drawn."""

    variant: AdVariant
    share: float | None
    frame: Frame | None  # None where something is wrong with it
    misfit: str


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


def content_of(site: Site, rules: Sequence[Rule], scheme: str) -> dict[str, Any]:
    """Side by side, by rule. Some five queries."""
    look, values = look_of(site), examples(site, 15)
    arms = Arm.objects.filter(treatment__in=[rule.treatment_id for rule in rules if rule.treatment_id])
    drawn: dict[int, list[Arm]] = {}
    for arm in arms.select_related("variant", "variant__picture").order_by("id"):
        drawn.setdefault(arm.treatment_id, []).append(arm)
    shown = []
    for rule in rules:
        pairs = _pairs(rule, drawn.get(rule.treatment_id or 0, []))
        made = [
            Shown(variant, share, _drawn(rule.placement, variant, values, look, scheme), rule.placement.misfit(variant))
            for variant, share in pairs
        ]
        shown.append((rule, made))
    return {"shown": shown}


def _pairs(rule: Rule, arms: Sequence[Arm]) -> list[tuple[AdVariant, float | None]]:
    """Each creative with the share of its arm; None where it is shown to all."""
    if rule.variant:
        return [(rule.variant, None)]
    total = sum(arm.weight for arm in arms)
    return [(arm.variant, arm.weight / total if total else 0.0) for arm in arms]


def _drawn(placement: Placement, variant: AdVariant, values: Values, look: Look, scheme: str) -> Frame | None:
    try:
        return _frame(placement, variant, document(variant, values, look, scheme=scheme))
    except ValueError:  # a colour that is none; the checklist says which
        return None


def preview_of(site: Site, campaign: Campaign, rules: Sequence[Rule], form: PreviewForm) -> dict[str, Any]:
    """What the form asks for. Nothing is stored."""
    placements = list({rule.placement_id: rule.placement for rule in rules}.values())
    keys = [placement.key for placement in placements]
    wanted = form.wanted()
    found = drafted(site, campaign, keys, timezone.now())
    told: list[Told] = []
    if found.release and wanted.visit:
        made = decisions_at(found.release, site, wanted.visit, keys, wanted.at)
        told = _told(campaign, found.release, placements, made, wanted)
    return {"form": form, "at": wanted.at, "visitor": wanted.visitor, "told": told, "problems": found.problems}


def languages_of(rules: Sequence[Rule]) -> list[str]:
    """Into which something of theirs is translated. One query."""
    treatments = [rule.treatment_id for rule in rules if rule.treatment_id]
    shown = Q(rules__in=rules) | Q(arms__treatment__in=treatments)
    return sorted({one for row in AdVariant.objects.filter(shown).distinct() for one in row.translations})


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
            frame = _frame(placement, variant, framed(html, scheme=wanted.scheme))
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


def _html(frozen: Any, values: Values | None) -> str:
    return str(msgspec.json.decode(frozen.answer(values))["html"])


def _frame(placement: Placement, variant: AdVariant, text: str) -> Frame:
    width = placement.width or WIDTHS[variant.template not in WIDE]
    return Frame(text, width, max(placement.min_height, HEIGHTS.get(variant.template, 300)))
