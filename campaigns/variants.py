"""What does a release carry of a variant, and may it? Its creative compiled for a medium, and everything that is wrong
with the draft."""

from collections.abc import Iterator, Mapping

import msgspec
from django.core.exceptions import ValidationError

from campaigns import creatives
from campaigns.holes import HOLES, Gap
from campaigns.media import MEDIA, WEB, fields
from campaigns.models import AdVariant
from campaigns.problems import Problem, problem_of
from campaigns.release import FrozenVariant


def compile_variant(variant: AdVariant, medium: str) -> FrozenVariant:
    """What a release carries of the variant, for a key of `MEDIA`. Look for problems first: the result is harmless
    either way, but a fault may leave parts of it empty."""
    text = fields.merge(MEDIA[medium](variant))
    gaps = [part for part in text if isinstance(part, Gap)]
    link = fields.link(variant)
    return FrozenVariant(
        id=variant.pk or 0,
        key=variant.key,
        slot=variant.slot if gaps or link[1:] else "",
        link=link,
        pieces=[part.encode() for part in text if not isinstance(part, Gap)],
        holes=[gap.hole for gap in gaps],
        forms=[gap.form for gap in gaps],
    )


def preview(variant: AdVariant, values: Mapping[str, str] | None = None) -> str:
    """The HTML that a visitor with these values would see on a page; with the examples of `HOLES` when none are
    given."""
    values = {name: hole.example for name, hole in HOLES.items()} if values is None else values
    return msgspec.json.decode(compile_variant(variant, WEB).answer(values))["html"]


def problems_of(variant: AdVariant) -> list[Problem]:
    """Everything that is wrong with a draft, field by field. Costs no query."""
    return [
        *_field_problems(variant),
        *(problem_of(variant, *flaw) for flaw in creatives.errors(variant)),
        *(problem_of(variant, *flaw, is_error=False) for flaw in creatives.warnings(variant)),
    ]


def _field_problems(variant: AdVariant) -> Iterator[Problem]:
    """What the model's own validators say: lengths, colours, choices."""
    try:
        variant.clean_fields(exclude=["site", "id"])
    except ValidationError as error:
        for field, messages in error.message_dict.items():
            yield from (problem_of(variant, field, message) for message in messages)
