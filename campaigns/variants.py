"""What becomes of a template and its typed fields? Sanitised HTML and JSON, with holes for what differs between
visitors."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec
from django.core.exceptions import ValidationError

from campaigns import release
from campaigns.escaping import URL_HOLES, json_text
from campaigns.holes import HOLES, Gap, Text, address_fault, fill, hole_faults
from campaigns.layouts import layout, style
from campaigns.markup import markup_faults, sanitise, with_gaps
from campaigns.problems import Problem, problem_of

if TYPE_CHECKING:
    from campaigns.models import AdVariant

TEXT_FIELDS = ("headline", "call_to_action", "image_alt")
ADDRESS_FIELDS = ("link", "image_url")
READABLE = 4.5  # contrast that WCAG 2.2 asks of text (1.4.3, level AA)


def compile_variant(variant: AdVariant) -> release.FrozenVariant:
    """What a release carries of the variant. Call `clean` first: the result is harmless either way, but a fault may
    leave parts of it empty."""
    pieces, gaps = _join(_answer(variant))
    return release.FrozenVariant(
        id=variant.pk or 0,
        key=variant.key,
        slot=variant.slot if gaps or _link(variant)[1:] else "",
        link=_link(variant),
        pieces=pieces,
        holes=[gap.hole for gap in gaps],
        forms=[gap.form for gap in gaps],
    )


def preview(variant: AdVariant, values: Mapping[str, str] | None = None) -> str:
    """The HTML that a visitor with these values would see; with the examples of `HOLES` when none are given."""
    values = {name: hole.example for name, hole in HOLES.items()} if values is None else values
    return msgspec.json.decode(compile_variant(variant).answer(values))["html"]


def clean(variant: AdVariant) -> list[Problem]:
    """Everything that is wrong with a draft, field by field. Costs no query."""
    return [*_field_problems(variant), *_content_problems(variant), *_warnings(variant)]


def content_errors(variant: AdVariant) -> dict[str, list[str]]:
    """By field, what the validators of the fields do not see: holes, addresses, markup."""
    errors: dict[str, list[str]] = {}
    for problem in _content_problems(variant):
        errors.setdefault(problem.field, []).append(problem.message)
    return errors


def contrast(background: str, foreground: str) -> float:
    """The contrast ratio of WCAG 2.2, 1 to 21, of two colours written #rrggbb."""
    lighter, darker = sorted((_luminance(background), _luminance(foreground)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


# --- compiling ------------------------------------------------------------------------------------


def _settled(variant: AdVariant) -> dict[str, str]:
    """Values of the holes that the variant itself fills."""
    return {
        "coupon": variant.coupon,
        "discount": "" if variant.discount_percent is None else f"{variant.discount_percent}%",
    }


def _opener(
    variant: AdVariant, escaped: Callable[[str], str], form: Callable[[str], str]
) -> Callable[[str], str | Gap]:
    settled = _settled(variant)
    return lambda hole: escaped(settled[hole]) if hole in settled else Gap(hole, form(hole))


def _plain(variant: AdVariant, field: str) -> Text:
    return fill(getattr(variant, field), _opener(variant, str, lambda _: "text"))


def _html(variant: AdVariant, field: str) -> Text:
    return fill(getattr(variant, field), _opener(variant, escape, lambda _: "html"), escape)


def _address(variant: AdVariant, field: str, in_html: bool) -> Text:
    """An address that cannot be used is left out: nobody may publish one, but a preview of it must be harmless too."""
    if address_fault(getattr(variant, field)):
        return [""]
    whole = "url_in_html" if in_html else "url"
    opener = _opener(
        variant, lambda value: quote(value, safe=""), lambda hole: whole if hole in URL_HOLES else "url_part"
    )
    return fill(getattr(variant, field), opener, escape if in_html else str)


def _body(variant: AdVariant) -> Text:
    settled = {name: escape(value) for name, value in _settled(variant).items()}
    return with_gaps(sanitise(variant.body), settled.get)


def _answer(variant: AdVariant) -> Text:
    """The JSON text of the answer's `variant`."""
    fields = {
        **{field: _plain(variant, field) for field in TEXT_FIELDS},
        **{field: _address(variant, field, in_html=False) for field in ADDRESS_FIELDS},
        "body": _body(variant),
    }
    constants = {
        "coupon": variant.coupon,
        "discount_percent": variant.discount_percent,
        "background": variant.background,
        "foreground": variant.foreground,
    }
    text: Text = [f'{{"key":{_json(variant.key)},"template":{_json(variant.template)},"fields":{{']
    for field, value in fields.items():
        text += [f'"{field}":"', *_in_json(value), '",']
    text += [_json(constants)[1:-1], '},"html":"', *_in_json(_page(variant)), '"}']
    return text


def _page(variant: AdVariant) -> Text:
    parts = {
        **{field: _html(variant, field) for field in TEXT_FIELDS},
        **{field: _address(variant, field, in_html=True) for field in ADDRESS_FIELDS},
        "body": _body(variant),
    }
    return [
        style(variant.template, variant.background, variant.foreground),
        *layout(variant.template, parts, variant.coupon),
    ]


def _link(variant: AdVariant) -> list[str]:
    parts = [part.hole if isinstance(part, Gap) else part for part in _merged(_address(variant, "link", in_html=False))]
    return parts if parts != [""] else []


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _in_json(text: Text) -> Text:
    return [part if isinstance(part, Gap) else json_text(part).decode() for part in text]


def _merged(text: Text) -> Text:
    """Text and gaps in turn, beginning and ending with text."""
    merged: Text = [""]
    for part in text:
        if isinstance(part, Gap):
            merged += [part, ""]
        else:
            merged[-1] = f"{merged[-1]}{part}"
    return merged


def _join(text: Text) -> tuple[list[bytes], list[Gap]]:
    merged = _merged(text)
    return [str(piece).encode() for piece in merged[0::2]], [gap for gap in merged[1::2] if isinstance(gap, Gap)]


# --- checking -------------------------------------------------------------------------------------


def _field_problems(variant: AdVariant) -> Iterator[Problem]:
    """What the model's own validators say: lengths, colours, choices."""
    try:
        variant.clean_fields(exclude=["site", "id"])
    except ValidationError as error:
        for field, messages in error.message_dict.items():
            yield from (problem_of(variant, field, message) for message in messages)


def _content_problems(variant: AdVariant) -> Iterator[Problem]:
    for field in (*TEXT_FIELDS, *ADDRESS_FIELDS, "body"):
        for fault in hole_faults(getattr(variant, field), variant.slot):
            yield problem_of(variant, field, fault)
    for field in ADDRESS_FIELDS:
        address = getattr(variant, field)
        if address and (fault := address_fault(address)):
            yield problem_of(variant, field, fault)
    if re.match(r"mailto:", variant.image_url, re.IGNORECASE):
        yield problem_of(variant, "image_url", "A picture cannot be an e-mail address.")
    for fault in markup_faults(variant.body):
        yield problem_of(variant, "body", fault)
    if variant.call_to_action and not variant.link:
        yield problem_of(variant, "link", "The button needs an address to lead to.")
    if not (variant.headline or variant.body or variant.image_url):
        yield problem_of(variant, "headline", "Give a headline, a body or a picture: there is nothing to show.")


def _warnings(variant: AdVariant) -> Iterator[Problem]:
    if variant.image_url and not variant.image_alt:
        yield problem_of(
            variant, "image_alt", "Say what the picture shows, for those who cannot see it.", is_error=False
        )
    if variant.link and not variant.call_to_action:
        yield problem_of(variant, "call_to_action", "The link has no button: nobody can follow it.", is_error=False)
    try:
        ratio = contrast(variant.background, variant.foreground)
    except ValueError:
        return  # said by the validators
    if ratio < READABLE:
        yield problem_of(
            variant,
            "foreground",
            f"The contrast to the background is {ratio:.1f}; text is readable from {READABLE} on.",
            is_error=False,
        )
