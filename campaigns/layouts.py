"""Which elements does a creative have? The HTML of each template, in reading order. Pure.

The tracker shows it inside a shadow root, so neither the page's rules nor ours reach the other; `campaigns.sheets`
styles it.
"""

from html import escape
from typing import NamedTuple

from campaigns import sheets
from campaigns.holes import Text
from campaigns.looks import Look

TEMPLATES = tuple(sheets.TEMPLATES)
ROW_ITEMS = 3
# Where a template has its picture unless somebody chooses; a row has those of its items.
USUAL_PLACES = {"hero": "right", "banner": "left", "card": "top", "row": "", "message": "left", "countdown": "right"}
PLACES = {
    "": "Where the template has it",
    "left": "Left of the text",
    "right": "Right of the text",
    "top": "Above the text",
    "background": "Behind the text",
}
ALIGNMENTS = {"": "To the start", "center": "Centred", "end": "To the end"}
# What is ours to say in a creative, by language: before a coupon, to close, the units of a clock, and of two prices
# which is which, for those who do not see that one is struck out.
WORDS = {
    "en": ("Code", "Close", "Days", "Hours", "Minutes", "Seconds", "Before", "Now"),
    "de": ("Code", "Schließen", "Tage", "Stunden", "Minuten", "Sekunden", "Vorher", "Jetzt"),
    "es": ("Código", "Cerrar", "Días", "Horas", "Minutos", "Segundos", "Antes", "Ahora"),
    "fr": ("Code", "Fermer", "Jours", "Heures", "Minutes", "Secondes", "Avant", "Maintenant"),
    "it": ("Codice", "Chiudi", "Giorni", "Ore", "Minuti", "Secondi", "Prima", "Ora"),
    "nl": ("Code", "Sluiten", "Dagen", "Uren", "Minuten", "Seconden", "Eerst", "Nu"),
    "pl": ("Kod", "Zamknij", "Dni", "Godziny", "Minuty", "Sekundy", "Przedtem", "Teraz"),
    "pt": ("Código", "Fechar", "Dias", "Horas", "Minutos", "Segundos", "Antes", "Agora"),
}
# Two digits a line, from the most down to none: rules roll them, so that the clock runs without a script.
_CLOCK = (("d", 31), ("h", 24), ("m", 60), ("s", 60))


class Parts(NamedTuple):
    """What a creative is made of, as HTML; an empty part leaves no element behind."""

    badge: Text
    headline: Text
    body: Text
    old_price: Text
    new_price: Text
    coupon: str  # plain text
    call_to_action: Text
    link: Text
    picture: Text  # the whole `<img>`
    ends: str = ""  # the moment that a clock runs to, for those who cannot see it
    items: tuple[tuple[Text, Text, Text, Text, Text], ...] = ()  # link, picture, name, price before, price now


def place_of(template: str, picture_at: str) -> str:
    return "" if template == "row" else picture_at or USUAL_PLACES[template]


def lay_out(
    template: str, parts: Parts, look: Look, *, picture_at: str = "", align: str = "", language: str = ""
) -> Text:
    """With the rules that style it. Raises ValueError for a colour that is none."""
    place = place_of(template, picture_at) if any(parts.picture) else ""
    used = {
        "prices": any(parts.old_price) or any(parts.new_price) or bool(parts.items),
        "coupon": bool(parts.coupon),
        "deal": template != "row" and bool(parts.coupon) and (any(parts.old_price) or any(parts.new_price)),
    }
    styled = sheets.sheet(
        template, look, picture=place, align=align, parts=frozenset(name for name, is_used in used.items() if is_used)
    )
    spoken = f' lang="{escape(language)}"' if language else ""
    return [
        *styled,
        f'<section class="sg sg-{template}" dir="auto"{spoken}><div class="sg-box">',
        *_element(parts.picture if place else [], '<div class="sg-picture">', "</div>"),
        *_element(_text(template, parts, language), '<div class="sg-text">', "</div>"),
        _close(language) if template == "message" else "",
        "</div></section>",
    ]


def shown_width(template: str, picture_at: str) -> str:
    """How wide a picture stands, for the browser to choose its file by."""
    place = place_of(template, picture_at)
    if place in ("left", "right"):
        return "96px" if template in ("banner", "message") else "(max-width: 480px) 34vw, 336px"
    return "(max-width: 480px) 100vw, 400px" if place == "top" else "100vw"


def image(address: Text, alternative: Text, rest: Text) -> Text:
    """`rest` are further attributes, ready to stand there."""
    return ['<img class="sg-image" src="', *address, '" alt="', *alternative, '"', *rest, ">"] if any(address) else []


def _text(template: str, parts: Parts, language: str) -> Text:
    """A banner is one line among the page's own text, hence no heading of its own."""
    heading = "p" if template == "banner" else "h2"
    coupon = _element([escape(parts.coupon)], f'<p class="sg-coupon">{_words(language)[0]} <code>', "</code></p>")
    return [
        *_element(parts.badge, '<p class="sg-badge">', "</p>"),
        *_element(parts.headline, f'<{heading} class="sg-headline">', f"</{heading}>"),
        *_element(parts.body, '<div class="sg-body">', "</div>"),
        *(_items(parts, language) if template == "row" else []),
        *(_clock(parts.ends, language) if template == "countdown" else []),
        *_deal([] if template == "row" else _prices(parts.old_price, parts.new_price, "p", language), coupon),
        *_action(parts.call_to_action, parts.link),
    ]


def _element(inside: Text, before: str, after: str) -> Text:
    return [before, *inside, after] if any(inside) else []


def _prices(old: Text, new: Text, tag: str, language: str) -> Text:
    """Rules take the words and the line away where the price before turns out empty."""
    before, now = (f'<span class="sg-said">{word} </span>' if any(old) else "" for word in _words(language)[6:])
    both = [
        *_element(old, f'{before}<s class="sg-old">', "</s> "),
        *_element(new, f'{now}<strong class="sg-new">', "</strong>"),
    ]
    return _element(both, f'<{tag} class="sg-prices">', f"</{tag}>")


def _deal(prices: Text, coupon: Text) -> Text:
    """A price and the code that makes it stand side by side, where there is room."""
    return ['<div class="sg-deal">', *prices, *coupon, "</div>"] if prices and coupon else [*prices, *coupon]


def _items(parts: Parts, language: str) -> Text:
    text: Text = []
    for link, picture, name, old, new in parts.items:
        text += ['<a class="sg-item" href="', *link, '"><img src="', *picture, '" alt=""><span class="sg-name">', *name]
        text += ["</span>", *_prices(old, new, "span", language), "</a>"]
    return _element(text, '<div class="sg-items">', "</div>")


def _action(label: Text, address: Text) -> Text:
    return ['<a class="sg-action" href="', *address, '">', *label, "</a>"] if any(label) and any(address) else []


def _close(language: str) -> str:
    word = escape(_words(language)[1])
    return f'<button type="button" class="sg-close" data-segue-dismiss="" aria-label="{word}">&times;</button>'


def _clock(ends: str, language: str) -> Text:
    text = ""
    for (unit, count), word in zip(_CLOCK, _words(language)[2:6], strict=True):
        digits = "\n".join(f"{number:02d}" for number in reversed(range(count)))
        text += f'<div class="sg-unit"><b aria-hidden="true"><span class="sg-{unit}">{digits}</span></b>{word}</div>'
    return [f'<div class="sg-clock" role="img" aria-label="{escape(ends)}">{text}</div>']


def _words(language: str) -> tuple[str, ...]:
    return WORDS.get(language, WORDS["en"])
