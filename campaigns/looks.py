"""How does a site look, and so its creatives? Fonts, corners, edges and colours, light and dark, and what of them
cannot be read. Pure."""

import re
from collections.abc import Iterator

import msgspec

COLOUR = re.compile(r"#[0-9a-fA-F]{6}\Z")
FONT_NAME = re.compile(r"[A-Za-z][A-Za-z0-9 _-]{0,59}\Z")
READABLE = 4.5  # contrast that WCAG 2.2 asks of text (1.4.3, level AA)
TINT = 0.1  # how much of the button's colour a tinted ground takes, at its strongest
MOST_RADIUS = 40  # pixels

# Key -> what it is called, and the fonts that stand for it on the systems that there are.
FONTS: dict[str, tuple[str, str]] = {
    "page": ("The page's own", ""),
    "system": ("The device's", "system-ui,sans-serif"),
    "serif": ("With serifs", 'ui-serif,Georgia,"Times New Roman",serif'),
    "book": ("Of books", '"Iowan Old Style",Palatino,"Palatino Linotype",serif'),
    "round": ("Rounded", 'ui-rounded,"SF Pro Rounded",Nunito,Quicksand,"Arial Rounded MT Bold",sans-serif'),
    "geometric": ("Geometric", 'Avenir,"Century Gothic",Montserrat,Futura,sans-serif'),
    "mono": ("Typewriter", "ui-monospace,Menlo,Consolas,monospace"),
    "own": ("The site's, by its name", ""),
}
BUTTONS = {"solid": "Filled", "outline": "Outlined", "link": "Underlined text"}
CORNERS = {"same": "As the creative's", "pill": "Round", "square": "Square"}
EDGES = {"line": "A thin line", "shadow": "A soft shadow", "none": "None"}
COLOURS = ("background", "foreground", "accent", "on_accent")


class Look(msgspec.Struct, frozen=True):
    """`font` and `heading_font` are keys of FONTS; `font_name` stands for its "own". The dark colours show where the
    page is dark: where it says so by its `color-scheme`."""

    font: str = "page"
    heading_font: str = "page"
    font_name: str = ""
    radius: int = 12  # pixels
    button: str = "solid"
    button_corners: str = "same"
    edge: str = "line"
    tinted: bool = True  # a ground that runs from a trace of the accent to the background
    background: str = "#ffffff"
    foreground: str = "#1f2937"
    accent: str = "#1f2937"
    on_accent: str = "#ffffff"
    dark_background: str = "#1c2230"
    dark_foreground: str = "#eef1f6"
    dark_accent: str = "#eef1f6"
    dark_on_accent: str = "#1c2230"
    language: str = ""  # of texts that name none: "" is not said
    time_zone: str = "UTC"  # of the moments that a creative names

    def coloured(self, background: str, foreground: str) -> "Look":
        """The same in two colours of one's own, light and dark alike; the button turns them around."""
        return msgspec.structs.replace(
            self,
            tinted=False,
            background=background,
            foreground=foreground,
            accent=foreground,
            on_accent=background,
            dark_background=background,
            dark_foreground=foreground,
            dark_accent=foreground,
            dark_on_accent=background,
        )


PLAIN = Look()


def font_stack(look: Look, font: str) -> str:
    """What follows `font-family:`; empty for the page's own."""
    if font == "own":
        return f'"{look.font_name}",system-ui,sans-serif' if FONT_NAME.match(look.font_name) else ""
    return FONTS.get(font, ("", ""))[1]


def contrast(background: str, foreground: str) -> float:
    """The contrast ratio of WCAG 2.2, 1 to 21, of two colours written #rrggbb."""
    lighter, darker = sorted((_luminance(background), _luminance(foreground)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def contrast_faults(look: Look) -> Iterator[tuple[str, str]]:
    """(field, sentence) for each pair of colours that is hard to read. Colours that are none are passed over: the
    validators of the fields say so."""
    for prefix, where in (("", ""), ("dark_", " in the dark")):
        colours = [getattr(look, prefix + name) for name in COLOURS]
        if not all(map(COLOUR.match, colours)):
            continue
        background, foreground, accent, on_accent = colours
        grounds = [background, _mixed(accent, background)] if look.tinted else [background]
        if (ratio := min(contrast(ground, foreground) for ground in grounds)) < READABLE:
            yield f"{prefix}foreground", _sentence("the text", "its background", ratio, where)
        if look.button == "solid" and (ratio := contrast(accent, on_accent)) < READABLE:
            yield f"{prefix}on_accent", _sentence("the button's text", "the button", ratio, where)


def _sentence(what: str, ground: str, ratio: float, where: str) -> str:
    return f"The contrast of {what} to {ground}{where} is {ratio:.1f}; text is readable from {READABLE} on."


def _mixed(accent: str, background: str) -> str:
    parts = [(int(accent[i : i + 2], 16), int(background[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a * TINT + b * (1 - TINT)):02x}" for a, b in parts)


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
