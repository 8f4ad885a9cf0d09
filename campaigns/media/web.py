"""What does a page get of a creative? The JSON text of an answer's `variant`: its fields for programs, and HTML with
the rules that style it, which the tracker shows inside a shadow root. Pure."""

from html import escape
from zoneinfo import ZoneInfo

import msgspec

from campaigns.creatives import TEXT_FIELDS, Creative, look_of
from campaigns.escaping import json_text
from campaigns.holes import Gap, Text
from campaigns.layouts import ROW_ITEMS, Parts, image, lay_out, shown_width
from campaigns.looks import Look
from campaigns.media import fields
from campaigns.slots.base import ITEM_FIELDS


def render(creative: Creative, site: Look) -> Text:
    """Raises ValueError for a colour that is none."""
    look = look_of(creative, site)
    told = {
        **{field: fields.plain_text(creative, field) for field in TEXT_FIELDS},
        "link": fields.address(creative, "link"),
        "image_url": fields.picture(creative),
        "body": fields.body(creative),
    }
    constants = {
        "coupon": creative.code,
        "discount_percent": creative.discount,
        "picture_at": creative.picture_at,
        "align": creative.align,
        "background": look.background,
        "foreground": look.foreground,
    }
    text: Text = [f'{{"key":{_json(creative.key)},"template":{_json(creative.template)},"fields":{{']
    for field, value in told.items():
        text += [f'"{field}":"', *_in_json(value), '",']
    if creative.template == "row":
        text += ['"items":[', *_items(), "],"]
    text += [_json(constants)[1:-1], '},"html":"', *_in_json(_html(creative, look)), '"}']
    return text


def _html(creative: Creative, look: Look) -> Text:
    texts = {field: fields.in_html(creative, field) for field in TEXT_FIELDS}
    alternative = texts["image_alt"]
    if creative.picture and not creative.image_alt:
        alternative = [escape(creative.picture.alt)]
    sizes = fields.picture_sizes(creative, shown_width(creative.template, creative.picture_at))
    parts = Parts(
        badge=texts["badge"],
        headline=texts["headline"],
        body=fields.body(creative),
        old_price=texts["old_price"],
        new_price=texts["new_price"],
        coupon=creative.code,
        call_to_action=texts["call_to_action"],
        link=fields.address_in_html(creative, "link"),
        picture=image(fields.picture(creative, "url_in_html"), alternative, sizes),
        items=_cells() if creative.template == "row" else (),
        ends=_moment(creative, look.time_zone),
    )
    return lay_out(
        creative.template,
        parts,
        look,
        picture_at=creative.picture_at,
        align=creative.align,
        language=look.language,
    )


def _cells() -> tuple[tuple[Text, Text, Text, Text, Text], ...]:
    return tuple(_cell(number) for number in range(1, ROW_ITEMS + 1))


def _cell(number: int) -> tuple[Text, Text, Text, Text, Text]:
    """Of a row: the price before stands beside that now, and is empty where nothing is taken off."""
    hole = fields.item_hole
    address, picture = (Gap(hole(number, field), "url_in_html") for field in ("url", "image_url"))
    name, old, now = (Gap(hole(number, field), "html") for field in ("name", "old_price", "reduced_price"))
    return [address], [picture], [name], [old], [now]


def _items() -> Text:
    text: Text = []
    for number in range(1, ROW_ITEMS + 1):
        text.append("," if text else "")
        before = "{"
        for field in ITEM_FIELDS:
            form = "url" if field.endswith("url") else "text"
            text += [f'{before}"{field}":"', Gap(fields.item_hole(number, field), form), '"']
            before = ","
        text.append("}")
    return text


def _moment(creative: Creative, time_zone: str) -> str:
    return creative.ends_at.astimezone(ZoneInfo(time_zone)).strftime("%Y-%m-%d %H:%M %Z") if creative.ends_at else ""


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _in_json(text: Text) -> Text:
    return [part if isinstance(part, Gap) else json_text(part).decode() for part in text]
