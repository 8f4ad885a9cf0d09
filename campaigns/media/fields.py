"""What becomes of one field of a creative? Text with gaps, escaped for where it is to stand. Pure.

Media build what they show from these, so that each way of escaping is written once.
"""

from collections.abc import Callable
from html import escape
from urllib.parse import quote

from campaigns.creatives import Creative, own_values
from campaigns.escaping import URL_HOLES
from campaigns.holes import BASE, Gap, Text, address_fault, fill
from campaigns.markup import sanitise, with_gaps


def plain_text(creative: Creative, field: str) -> Text:
    return fill(getattr(creative, field), _opener(creative, str, lambda _: "text"))


def in_html(creative: Creative, field: str) -> Text:
    return fill(getattr(creative, field), _opener(creative, escape, lambda _: "html"), escape)


def address(creative: Creative, field: str) -> Text:
    return _address(creative, field, "url", str)


def address_in_html(creative: Creative, field: str) -> Text:
    return _address(creative, field, "url_in_html", escape)


def picture(creative: Creative, form: str = "url") -> Text:
    """Where it lies: on this installation, whose address whoever answers puts in, or where the creative says."""
    if creative.picture:
        return [Gap(BASE, form), creative.picture.path_of(creative.picture.width)]
    return address(creative, "image_url") if form == "url" else address_in_html(creative, "image_url")


def picture_sizes(creative: Creative, shown: str) -> Text:
    """The rest of an `<img>` of a picture that there is in several widths; `shown` is how wide it stands."""
    if not creative.picture:
        return []
    own = creative.picture
    text: Text = [' srcset="']
    for width in own.widths:
        text += [Gap(BASE, "url_in_html"), f"{own.path_of(width)} {width}w", ", " if width != own.width else ""]
    return [*text, f'" sizes="{shown}" width="{own.width}" height="{own.height}"']


def body(creative: Creative) -> Text:
    """HTML, sanitised."""
    values = {name: escape(value) for name, value in own_values(creative).items()}
    return with_gaps(sanitise(creative.body), values.get)


def link(creative: Creative) -> list[str]:
    """Where a click leads: text and names of holes in turn, beginning and ending with text; empty for no link."""
    parts = [part.hole if isinstance(part, Gap) else part for part in merge(address(creative, "link"))]
    return parts if parts != [""] else []


def item_hole(number: int, field: str) -> str:
    """The hole of the first, second or third item of a row."""
    return f"item{number if number > 1 else ''}.{field}"


def merge(text: Text) -> Text:
    """Text and gaps in turn, beginning and ending with text."""
    merged: Text = [""]
    for part in text:
        if isinstance(part, Gap):
            merged += [part, ""]
        else:
            merged[-1] = f"{merged[-1]}{part}"
    return merged


def _address(creative: Creative, field: str, whole: str, literal: Callable[[str], str]) -> Text:
    """An address that cannot be used is left out: nobody may publish one, but a preview of it must be harmless too."""
    if address_fault(getattr(creative, field)):
        return [""]
    opener = _opener(
        creative, lambda value: quote(value, safe=""), lambda hole: whole if hole in URL_HOLES else "url_part"
    )
    return fill(getattr(creative, field), opener, literal)


def _opener(
    creative: Creative, escaped: Callable[[str], str], form: Callable[[str], str]
) -> Callable[[str], str | Gap]:
    values = own_values(creative)
    return lambda hole: escaped(values[hole]) if hole in values else Gap(hole, form(hole))
