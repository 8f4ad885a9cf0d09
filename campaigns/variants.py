"""What does a release carry of a variant, and may it? Its creative compiled for a medium, and everything that is wrong
with the draft."""

from collections.abc import Iterator, Mapping

import msgspec
from django.core.exceptions import ValidationError

from campaigns import creatives
from campaigns.holes import BASE, EXAMPLES, Gap
from campaigns.layouts import ROW_ITEMS
from campaigns.looks import PLAIN, Look
from campaigns.media import MEDIA, WEB, fields
from campaigns.models import AdVariant
from campaigns.problems import Problem, problem_of
from campaigns.release import TIME_LEFT, FrozenVariant
from sites.times import ms_of

OF_NO_SLOT = {TIME_LEFT, BASE}  # holes that are filled whoever looks


def compile_variant(variant: AdVariant, medium: str, look: Look = PLAIN) -> FrozenVariant:
    """What a release carries of the variant, for a key of `MEDIA`. Look for problems first: the result is harmless
    either way, but a fault may leave parts of it empty."""
    whole = _compile(variant, variant, medium, look)
    others = {
        language: _compile(
            variant, creatives.spoken(variant, language), medium, msgspec.structs.replace(look, language=language)
        )
        for language in sorted(variant.translations)
    }
    # It is decided once for all languages whether the slot can be filled.
    slot = next((one.slot for one in [whole, *others.values()] if one.slot), "")
    return msgspec.structs.replace(whole, slot=slot, languages=others)


def _compile(variant: AdVariant, creative: creatives.Creative, medium: str, look: Look) -> FrozenVariant:
    text = fields.merge(MEDIA[medium](creative, look))
    gaps = [part for part in text if isinstance(part, Gap)]
    link = fields.link(creative)
    return FrozenVariant(
        id=variant.pk or 0,
        key=variant.key,
        slot=variant.slot if link[1:] or any(gap.hole not in OF_NO_SLOT for gap in gaps) else "",
        link=link,
        pieces=[part.encode() for part in text if not isinstance(part, Gap)],
        holes=[gap.hole for gap in gaps],
        forms=[gap.form for gap in gaps],
        shows=ROW_ITEMS if variant.template == AdVariant.Template.ROW else 1,
        discount=variant.discount or 0,
        until=ms_of(variant.ends_at) if variant.template == AdVariant.Template.COUNTDOWN and variant.ends_at else 0,
        opens=variant.coupon.begins if variant.coupon else 0,
        closes=variant.coupon.ends if variant.coupon else 0,
        coupon=variant.coupon_id or 0,
    )


def preview(variant: AdVariant, values: Mapping[str, str] | None = None, look: Look = PLAIN, language: str = "") -> str:
    """The HTML that a visitor with these values would see on a page; with the examples of `campaigns.holes`
    when none are given."""
    frozen = compile_variant(variant, WEB, look).spoken(language)
    return msgspec.json.decode(frozen.answer(EXAMPLES if values is None else values))["html"]


def problems_of(variant: AdVariant) -> list[Problem]:
    """Everything that is wrong with a draft, field by field. Costs no query."""
    return [
        *_field_problems(variant),
        *(problem_of(variant, *flaw) for flaw in creatives.errors(variant)),
        *(problem_of(variant, *flaw, is_error=False) for flaw in creatives.warnings(variant)),
        *([problem_of(variant, "image_url", fault, is_error=False)] if (fault := variant.picture_fault) else []),
        *_coupon_problems(variant),
    ]


def _coupon_problems(variant: AdVariant) -> Iterator[Problem]:
    coupon = variant.coupon
    if coupon and coupon.percent and variant.discount != coupon.percent:
        words = f"It says {variant.discount} % off, and its coupon takes {coupon.percent} % off."
        yield problem_of(variant, "discount_percent", words, is_error=False)


def _field_problems(variant: AdVariant) -> Iterator[Problem]:
    """What the model's own validators say: lengths, colours, choices."""
    try:
        variant.clean_fields(exclude=["site", "id"])
    except ValidationError as error:
        for field, messages in error.message_dict.items():
            yield from (problem_of(variant, field, message) for message in messages)
