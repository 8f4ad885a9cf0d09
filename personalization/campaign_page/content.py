"""What does a campaign look like? Its creatives side by side, in the room that their placements have."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db.models import Q

from campaigns.content import look_of
from campaigns.gallery import WIDE
from campaigns.looks import Look
from campaigns.models import AdVariant, Arm, Placement, Rule
from campaigns.previews import document, examples
from campaigns.slots import Values
from personalization.campaign_page.traffic import arms_of
from sites.models import Site

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


def content_of(site: Site, rules: Sequence[Rule], scheme: str) -> dict[str, Any]:
    """Side by side, by rule. Some five queries."""
    look, values, arms = look_of(site), examples(site, 15), arms_of(rules)
    shown = []
    for rule in rules:
        pairs = _pairs(rule, arms.get(rule.treatment_id or 0, []))
        made = [
            Shown(variant, share, _drawn(rule.placement, variant, values, look, scheme), rule.placement.misfit(variant))
            for variant, share in pairs
        ]
        shown.append((rule, made))
    return {"shown": shown}


def _pairs(rule: Rule, arms: Sequence[Arm]) -> list[tuple[AdVariant, float | None]]:
    """Each creative with the share of its arm; None where it is shown to all. A control shows none."""
    if rule.variant:
        return [(rule.variant, None)]
    total = sum(arm.weight for arm in arms)
    return [(arm.variant, arm.weight / total if total else 0.0) for arm in arms if arm.variant]


def _drawn(placement: Placement, variant: AdVariant, values: Values, look: Look, scheme: str) -> Frame | None:
    try:
        return frame_of(placement, variant, document(variant, values, look, scheme=scheme))
    except ValueError:  # a colour that is none; the checklist says which
        return None


def languages_of(rules: Sequence[Rule]) -> list[str]:
    """Into which something of theirs is translated. One query."""
    treatments = [rule.treatment_id for rule in rules if rule.treatment_id]
    shown = Q(rules__in=rules) | Q(arms__treatment__in=treatments)
    return sorted({one for row in AdVariant.objects.filter(shown).distinct() for one in row.translations})


def frame_of(placement: Placement, variant: AdVariant, text: str) -> Frame:
    width = placement.width or WIDTHS[variant.template not in WIDE]
    return Frame(text, width, max(placement.min_height, HEIGHTS.get(variant.template, 300)))
