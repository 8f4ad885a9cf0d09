"""What is a creative made of, and what is wrong with it? The typed fields that marketers fill in; no model, so that the
model itself can ask. Pure."""

import re
from collections.abc import Iterator
from typing import NamedTuple, Protocol

from campaigns.holes import address_fault, hole_faults
from campaigns.markup import markup_faults

TEXT_FIELDS = ("headline", "call_to_action", "image_alt")
ADDRESS_FIELDS = ("link", "image_url")
READABLE = 4.5  # contrast that WCAG 2.2 asks of text (1.4.3, level AA)


class Creative(Protocol):
    """The fields of an ad variant, wherever they come from. Text and addresses may hold holes; colours are #rrggbb."""

    key: str
    template: str
    slot: str
    headline: str
    body: str
    image_url: str
    image_alt: str
    call_to_action: str
    link: str
    coupon: str
    discount_percent: int | None
    background: str
    foreground: str


class Flaw(NamedTuple):
    field: str
    message: str


def own_values(creative: Creative) -> dict[str, str]:
    """Values of the holes that the creative itself fills."""
    percent = creative.discount_percent
    return {"coupon": creative.coupon, "discount": "" if percent is None else f"{percent}%"}


def errors(creative: Creative) -> Iterator[Flaw]:
    """What the validators of the fields do not see: holes, addresses, markup."""
    for field in (*TEXT_FIELDS, *ADDRESS_FIELDS, "body"):
        for fault in hole_faults(getattr(creative, field), creative.slot):
            yield Flaw(field, fault)
    for field in ADDRESS_FIELDS:
        address = getattr(creative, field)
        if address and (fault := address_fault(address)):
            yield Flaw(field, fault)
    if re.match(r"mailto:", creative.image_url, re.IGNORECASE):
        yield Flaw("image_url", "A picture cannot be an e-mail address.")
    for fault in markup_faults(creative.body):
        yield Flaw("body", fault)
    if creative.call_to_action and not creative.link:
        yield Flaw("link", "The button needs an address to lead to.")
    if not (creative.headline or creative.body or creative.image_url):
        yield Flaw("headline", "Give a headline, a body or a picture: there is nothing to show.")


def errors_by_field(creative: Creative) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for flaw in errors(creative):
        found.setdefault(flaw.field, []).append(flaw.message)
    return found


def warnings(creative: Creative) -> Iterator[Flaw]:
    """What may be published, and should not."""
    if creative.image_url and not creative.image_alt:
        yield Flaw("image_alt", "Say what the picture shows, for those who cannot see it.")
    if creative.link and not creative.call_to_action:
        yield Flaw("call_to_action", "The link has no button: nobody can follow it.")
    try:
        ratio = contrast(creative.background, creative.foreground)
    except ValueError:
        return  # no colours: said by the validators of the fields
    if ratio < READABLE:
        yield Flaw("foreground", f"The contrast to the background is {ratio:.1f}; text is readable from {READABLE} on.")


def contrast(background: str, foreground: str) -> float:
    """The contrast ratio of WCAG 2.2, 1 to 21, of two colours written #rrggbb."""
    lighter, darker = sorted((_luminance(background), _luminance(foreground)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
