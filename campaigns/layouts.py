"""How does a creative look? The HTML of each template, and the rules that style it.

The tracker shows it inside a shadow root, so neither the page's rules nor ours reach the other; what it would still
inherit of the shape of text is set here, but for the font and its size, in which it is to look like the page. The
colours are the only part of the style that a marketer chooses; they pass `COLOUR`.
"""

import re
from html import escape

from campaigns.holes import Text

COLOUR = re.compile(r"#[0-9a-fA-F]{6}\Z")

_BASE = (
    ".sg{{box-sizing:border-box;background:{background};color:{foreground};border-radius:8px;overflow:hidden;line-height:1.45;"
    "text-transform:none;letter-spacing:normal;word-spacing:normal;white-space:normal;word-break:normal;overflow-wrap:break-word;hyphens:manual;"
    "font-style:normal;font-weight:400;font-variant:normal;text-align:start;text-indent:0;text-shadow:none}}"
    ".sg *{{box-sizing:border-box;margin:0}}"
    ".sg-text{{display:flex;flex-direction:column;align-items:flex-start;justify-content:center;"
    "gap:.6em;padding:1.25em 1.5em}}"
    # each in the direction of its own text, the layout in that of the whole
    ".sg-headline,.sg-body,.sg-action{{unicode-bidi:plaintext}}"
    ".sg-headline{{font-size:1.35em;font-weight:700;line-height:1.25}}"
    ".sg-body a{{color:inherit}}"
    ".sg-image{{display:block;width:100%;height:100%;object-fit:cover}}"
    ".sg-coupon code{{font:inherit;font-weight:700;letter-spacing:.04em;padding:.1em .5em;"
    "border:1px dashed;border-radius:4px}}"
    ".sg-action{{display:inline-block;padding:.6em 1.1em;border-radius:6px;"
    "background:{foreground};color:{background};font-weight:600;text-decoration:none}}"
    ".sg-action:focus-visible,.sg-body a:focus-visible{{outline:3px solid;outline-offset:2px}}"
)
_STYLES = {
    # The picture is a square that grows with the page up to the height that a hero reserves, so nothing below is pushed
    # away.
    "hero": ".sg-hero{display:flex}.sg-hero .sg-text{flex:1;min-width:0}"
    ".sg-hero .sg-picture{flex:0 0 clamp(6.5em,28%,16em);max-height:16em}"
    ".sg-hero .sg-image{object-fit:contain}",
    "banner": ".sg-banner .sg-text{flex-direction:row;flex-wrap:wrap;align-items:center;"
    "justify-content:space-between;padding:.7em 1.2em}"
    ".sg-banner .sg-headline{font-size:1.05em}.sg-banner .sg-action{padding:.4em .9em}",
    "card": ".sg-card .sg-picture{aspect-ratio:4/3}.sg-card .sg-headline{font-size:1.15em}",
    "message": ".sg-message{position:relative}"
    ".sg-close{position:absolute;top:.4em;right:.4em;width:1.8em;height:1.8em;border:0;background:none;color:inherit;font:inherit;cursor:pointer}"
    ".sg-message .sg-headline{font-size:1.1em}.sg-message .sg-text{padding:1em 1.2em}",
}
TEMPLATES = tuple(_STYLES)


def style(template: str, background: str, foreground: str) -> str:
    """Raises ValueError for a colour that is none: what stands here is not escaped."""
    if not (COLOUR.match(background) and COLOUR.match(foreground)):
        raise ValueError("a colour is written as # and six hexadecimal digits")
    return f"<style>{_BASE.format(background=background, foreground=foreground)}{_STYLES[template]}</style>"


def layout(template: str, parts: dict[str, Text], coupon: str) -> Text:
    """The elements of a template, in reading order. `parts` hold HTML; an empty part leaves no element behind.

    A banner is one line among the page's own text, hence no heading of its own; a banner and a message show no picture.
    """
    heading = "p" if template == "banner" else "h2"
    text = [
        *_element(parts["headline"], f'<{heading} class="sg-headline">', f"</{heading}>"),
        *_element(parts["body"], '<div class="sg-body">', "</div>"),
        *_element([escape(coupon)], '<p class="sg-coupon">Code <code>', "</code></p>"),
        *_action(parts["call_to_action"], parts["link"]),
    ]
    picture = _picture(parts["image_url"], parts["image_alt"]) if template in ("hero", "card") else []
    if template == "message":
        close = '<button type="button" class="sg-close" data-segue-dismiss="" aria-label="Close">&times;</button>'
    else:
        close = ""
    return [
        f'<section class="sg sg-{template}" dir="auto">',
        *picture,
        *_element(text, '<div class="sg-text">', "</div>"),
        close,
        "</section>",
    ]


def _element(inside: Text, before: str, after: str) -> Text:
    return [before, *inside, after] if any(inside) else []


def _picture(address: Text, alternative: Text) -> Text:
    if not any(address):
        return []
    before, after = '<div class="sg-picture"><img class="sg-image" src="', '"></div>'
    return [before, *address, '" alt="', *alternative, after]


def _action(label: Text, address: Text) -> Text:
    return ['<a class="sg-action" href="', *address, '">', *label, "</a>"] if any(label) and any(address) else []
