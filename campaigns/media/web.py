"""What does a page get of a creative? The JSON text of an answer's `variant`: its fields for programs, and HTML with
the rules that style it, which the tracker shows inside a shadow root. Pure."""

import msgspec

from campaigns.creatives import ADDRESS_FIELDS, TEXT_FIELDS, Creative
from campaigns.escaping import json_text
from campaigns.holes import Gap, Text
from campaigns.layouts import layout, style
from campaigns.media import fields


def render(creative: Creative) -> Text:
    """Raises ValueError for a colour that is none."""
    told = {
        **{field: fields.plain_text(creative, field) for field in TEXT_FIELDS},
        **{field: fields.address(creative, field) for field in ADDRESS_FIELDS},
        "body": fields.body(creative),
    }
    constants = {
        "coupon": creative.coupon,
        "discount_percent": creative.discount_percent,
        "background": creative.background,
        "foreground": creative.foreground,
    }
    text: Text = [f'{{"key":{_json(creative.key)},"template":{_json(creative.template)},"fields":{{']
    for field, value in told.items():
        text += [f'"{field}":"', *_in_json(value), '",']
    text += [_json(constants)[1:-1], '},"html":"', *_in_json(_html(creative)), '"}']
    return text


def _html(creative: Creative) -> Text:
    parts = {
        **{field: fields.in_html(creative, field) for field in TEXT_FIELDS},
        **{field: fields.address_in_html(creative, field) for field in ADDRESS_FIELDS},
        "body": fields.body(creative),
    }
    return [
        style(creative.template, creative.background, creative.foreground),
        *layout(creative.template, parts, creative.coupon),
    ]


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _in_json(text: Text) -> Text:
    return [part if isinstance(part, Gap) else json_text(part).decode() for part in text]
