"""What is a creative made of, and what is wrong with it? The typed fields that marketers fill in; no model, so that the
model itself can ask. Pure."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple, Protocol, cast

from campaigns import layouts
from campaigns.holes import address_fault, hole_faults
from campaigns.looks import PLAIN, Look, contrast_faults
from campaigns.markup import markup_faults
from campaigns.slots import SLOTS

TEXT_FIELDS = ("headline", "call_to_action", "image_alt", "badge", "old_price", "new_price")
ADDRESS_FIELDS = ("link", "image_url")
# What may be said in several languages; the rest is the same in all.
SPOKEN_FIELDS = ("headline", "body", "badge", "call_to_action", "link", "image_alt")
LANGUAGE = re.compile(r"[a-z]{2,3}\Z")
MOST_LANGUAGES = 40
LONGEST = {"headline": 200, "body": 2000, "badge": 40, "call_to_action": 60, "link": 500, "image_alt": 200}


class Uploaded(Protocol):
    """A picture of the library: its words, and its widest file in pixels."""

    @property
    def alt(self) -> str: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def widths(self) -> list[int]: ...
    def path_of(self, width: int) -> str: ...


class Creative(Protocol):
    """The fields of a creative, wherever they come from. Text and addresses may hold holes; colours are #rrggbb, or
    empty for the site's."""

    key: str
    template: str
    slot: str
    headline: str
    body: str
    image_url: str
    image_alt: str
    call_to_action: str
    link: str
    badge: str
    old_price: str
    new_price: str
    picture_at: str
    align: str
    ends_at: datetime | None
    translations: Mapping[str, Mapping[str, str]]  # language -> the fields of SPOKEN_FIELDS that differ in it

    @property
    def picture(self) -> Uploaded | None: ...
    @property
    def code(self) -> str: ...  # of its coupon, empty for none
    @property
    def discount(self) -> int | None: ...  # per cent

    background: str
    foreground: str


class Spoken:
    """A creative in one of its languages: its own words where there are any, and all else as it is."""

    def __init__(self, creative: Creative, language: str) -> None:
        self._creative, self._own = creative, creative.translations.get(language, {})

    def __getattr__(self, name: str) -> Any:
        return (name in SPOKEN_FIELDS and self._own.get(name)) or getattr(self._creative, name)


def spoken(creative: Creative, language: str) -> Creative:
    """As it is, in a language that it has no words in."""
    return cast(Creative, Spoken(creative, language)) if language in creative.translations else creative


class Flaw(NamedTuple):
    field: str
    message: str


def own_values(creative: Creative) -> dict[str, str]:
    """Values of the holes that the creative itself fills."""
    percent = creative.discount
    return {"coupon": creative.code, "discount": "" if percent is None else f"{percent}%"}


def errors(creative: Creative) -> Iterator[Flaw]:
    """What the validators of the fields do not see: holes, addresses, markup, in each language."""
    yield from _errors(creative)
    if fault := _translations_fault(creative.translations):
        yield Flaw("translations", fault)
        return
    for language, own in creative.translations.items():
        for flaw in _errors(spoken(creative, language)):
            if own.get(flaw.field):
                yield Flaw("translations", f"{language}, {flaw.field.replace('_', ' ')}: {flaw.message}")


def _translations_fault(translations: object) -> str:
    """What is wrong with the shape of it; empty where nothing is."""
    if not isinstance(translations, dict):
        return "Write an object: a language, and in it the texts that differ."
    if len(translations) > MOST_LANGUAGES:
        return f"At most {MOST_LANGUAGES} languages are kept."
    for language, own in translations.items():
        if not LANGUAGE.match(language):
            return f"“{language}” is no language: write two or three small letters, such as de."
        if not isinstance(own, dict) or not all(isinstance(text, str) for text in own.values()):
            return f"{language}: write each text by the name of its field."
        if unknown := sorted(own.keys() - set(SPOKEN_FIELDS)):
            return f"{language}: {', '.join(unknown)} cannot be translated. It can: {', '.join(SPOKEN_FIELDS)}."
        if long := [field for field, text in own.items() if len(text) > LONGEST[field]]:
            return f"{language}, {long[0].replace('_', ' ')}: at most {LONGEST[long[0]]} characters."
    return ""


def _errors(creative: Creative) -> Iterator[Flaw]:
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
    if not (creative.headline or creative.body or has_picture(creative) or creative.template == "row"):
        yield Flaw("headline", "Give a headline, a body or a picture: there is nothing to show.")
    if creative.picture and creative.image_url:
        yield Flaw("image_url", "Either a picture of the library or an address: leave one of them empty.")
    if bool(creative.background) != bool(creative.foreground):
        missing = "foreground" if creative.background else "background"
        yield Flaw(missing, "Give both colours, or none for those of the site.")
    yield from _template_errors(creative)


def _template_errors(creative: Creative) -> Iterator[Flaw]:
    if creative.template == "row" and (creative.slot not in SLOTS or not SLOTS[creative.slot].shows_item):
        able = ", ".join(slot.title.lower() for slot in SLOTS.values() if slot.shows_item)
        yield Flaw("slot", f"A row shows three items: choose where they come from ({able}).")
    if creative.template == "countdown" and creative.ends_at is None:
        yield Flaw("ends_at", "Say when it ends: the clock runs to that moment.")


def errors_by_field(creative: Creative) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for flaw in errors(creative):
        found.setdefault(flaw.field, []).append(flaw.message)
    return found


def warnings(creative: Creative) -> Iterator[Flaw]:
    """What may be published, and should not."""
    if has_picture(creative) and not (creative.image_alt or (creative.picture and creative.picture.alt)):
        yield Flaw("image_alt", "Say what the picture shows, for those who cannot see it.")
    if creative.link and not creative.call_to_action:
        yield Flaw("call_to_action", "The link has no button: nobody can follow it.")
    if creative.old_price and not creative.new_price:
        yield Flaw("new_price", "A price before needs a price now.")
    if "{item.price}" in creative.old_price and not creative.discount:
        words = "Nothing is taken off, so this is the price now. {item.old_price} is empty where nothing is reduced."
        yield Flaw("old_price", words)
    if creative.background and creative.foreground:
        of_text = (flaw for flaw in contrast_faults(look_of(creative)) if flaw[0] == "foreground")
        yield from (Flaw(*flaw) for flaw in of_text)
    place = layouts.place_of(creative.template, creative.picture_at) if creative.template in layouts.TEMPLATES else ""
    if place == "background" and not has_picture(creative):
        yield Flaw("picture_at", "There is no picture to stand behind the text.")


def has_picture(creative: Creative) -> bool:
    return bool(creative.picture or creative.image_url)


def look_of(creative: Creative, site: Look = PLAIN) -> Look:
    """The site's, in the creative's own colours where it has some."""
    if creative.background or creative.foreground:
        return site.coloured(creative.background, creative.foreground)
    return site
