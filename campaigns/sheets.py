"""Which rules style a creative? One sheet a creative: what all share, what its template and its parts need, and the
site's look. Pure.

It travels with the creative, because the tracker adopts it into a shadow root: so it needs no request of its own, obeys
the strictest policy of a page, and nothing is ever seen without it (docs/decisions/0017). The widths that a layout
turns at are those of the place that it stands in, not of the window.
"""

from campaigns.holes import Gap, Text
from campaigns.looks import COLOUR, COLOURS, Look, font_stack

# What a shadow root would still inherit of the shape of a page's text is set here, but for the font and its size.
_BASE = (
    ".sg{box-sizing:border-box;display:grid;min-width:0;min-height:inherit;container-type:inline-size;"
    "contain-intrinsic-inline-size:20em;"
    "line-height:1.45;text-transform:none;letter-spacing:normal;word-spacing:normal;white-space:normal;"
    "word-break:normal;"
    "overflow-wrap:break-word;hyphens:manual;font-style:normal;font-weight:400;font-variant:normal;text-align:start;"
    "text-indent:0;text-shadow:none}"
    ".sg *{box-sizing:border-box;margin:0}"
    ".sg-box{display:grid;position:relative;overflow:hidden;background:var(--b);color:var(--f);"
    "border-radius:var(--r)}"
    ".sg-text{display:flex;flex-direction:column;align-items:flex-start;justify-content:center;gap:.7em;min-width:0;"
    "padding:clamp(1.1em,4cqi,2.6em)}"
    # each in the direction of its own text, the layout in that of the whole
    ".sg-headline,.sg-body,.sg-action,.sg-badge{unicode-bidi:plaintext}"
    ".sg-headline{font-size:1.2em;font-weight:700;line-height:1.2;text-wrap:balance}"
    ".sg-body{max-width:60ch;opacity:.88}.sg-body a{color:inherit}"
    ".sg-badge{padding:.2em .8em;border-radius:9em;background:var(--a);color:var(--c);font-size:.8em;font-weight:700}"
    ".sg-badge:empty{display:none}"
    ".sg-action{display:inline-block;padding:.65em 1.25em;border-radius:var(--k);font-weight:600;"
    "text-decoration:none;"
    "transition:filter .15s}"
    ".sg-action:hover{filter:brightness(1.1)}"
    ".sg a:focus-visible,.sg button:focus-visible{outline:3px solid var(--f);outline-offset:2px}"
    "@media(prefers-reduced-motion:reduce){.sg *{transition:none}}"
)
_BUTTONS = {
    "solid": ".sg-action{background:var(--a);color:var(--c)}",
    "outline": ".sg-action{border:2px solid;color:var(--f)}",
    "link": ".sg-action{padding-inline:0;color:var(--f);text-decoration:underline;text-underline-offset:.25em}",
}
_EDGES = {
    "line": ".sg-box{box-shadow:inset 0 0 0 1px color-mix(in srgb,var(--f) 16%,transparent)}",
    "shadow": ".sg{overflow:visible}.sg-box{box-shadow:0 .1em .3em rgb(0 0 0/.12),0 .6em 1.6em rgb(0 0 0/.1)}",
    "none": "",
}
_TINT = ".sg-box{background:linear-gradient(120deg,color-mix(in srgb,var(--a) 10%,var(--b)),var(--b) 75%)}"
# Browsers draw this for a picture that they cannot fetch, and for no other: its words, or the ground alone.
_MISSING = (
    "::after{content:attr(alt);position:absolute;inset:0;display:grid;place-content:center;padding:1em;text-align:center;"
    "background:color-mix(in srgb,var(--a) 16%,var(--b))}"
)
_BIG = ".sg-headline{font-size:clamp(1.45em,1em + 2.6cqi,2.5em);max-width:24ch}"
TEMPLATES = {
    "hero": _BIG,
    "banner": ".sg-text{flex-flow:row wrap;align-items:center;justify-content:space-between;gap:.5em 1.2em;"
    "padding:.75em 1.3em}"
    ".sg-headline{font-size:1.05em}.sg-action{padding:.45em 1em}.sg-body{flex:1 1 14em}",
    "card": ".sg-text{padding:1.1em 1.2em 1.3em;justify-content:flex-start}.sg-headline{font-size:1.15em}",
    "row": ".sg-text{padding:1.2em}"
    ".sg-items{display:grid;grid-template-columns:repeat(3,minmax(0,1fr));gap:1em;width:100%}"
    ".sg-item{display:grid;align-content:start;gap:.2em;color:inherit;text-decoration:none;"
    "border-radius:calc(var(--r)*.7)}"
    ".sg-item img{display:block;position:relative;width:100%;aspect-ratio:1;object-fit:cover;"
    "border-radius:calc(var(--r)*.7);margin-bottom:.4em}"
    ".sg-name{font-weight:600;line-height:1.25}.sg-item:hover .sg-name{text-decoration:underline}"
    "@container(max-width:26em){.sg-items{gap:.6em}.sg-item{font-size:.85em}}.sg-item img" + _MISSING,
    "message": ".sg-text{padding:1em 3em 1em 1.2em;gap:.45em}.sg-headline{font-size:1.05em}"
    ".sg-action{padding:.5em 1em}"
    ".sg-close{position:absolute;z-index:1;top:.4em;inset-inline-end:.4em;width:2em;height:2em;border:0;"
    "border-radius:var(--k);"
    "background:none;color:inherit;font:inherit;font-size:1.1em;line-height:1;cursor:pointer}",
    "countdown": _BIG + ".sg-clock{display:flex;flex-wrap:wrap;gap:.5em}"
    ".sg-unit{display:grid;justify-items:center;min-width:3.6em;padding:.45em .6em;border-radius:calc(var(--r)*.6);"
    "background:color-mix(in srgb,var(--f) 9%,transparent);font-size:.95em}"
    ".sg-unit b{height:1.15em;overflow:hidden;font-size:1.7em;line-height:1.15;font-variant-numeric:tabular-nums}"
    # each rolls once through its numbers in a period, for 31 days in all, of which what is not left has passed
    ".sg-unit b span{display:block;white-space:pre;"
    "animation:sg-tick 60s steps(60,jump-none) calc(var(--left)*1s - 2678400s) 44640 both}"
    ".sg-unit .sg-m{animation-duration:3600s;animation-iteration-count:744}"
    ".sg-unit .sg-h{animation-duration:86400s;animation-timing-function:steps(24,jump-none);"
    "animation-iteration-count:31}"
    ".sg-unit .sg-d{animation-duration:2678400s;animation-timing-function:steps(31,jump-none);"
    "animation-iteration-count:1}"
    "@keyframes sg-tick{to{transform:translateY(calc(1.15em - 100%))}}"
    "@media(prefers-reduced-motion:reduce){.sg-unit:has(.sg-s){display:none}}",
}
# A picture beside the text turns above it where there is no room; one behind the text is covered so far that white text
# has a contrast of 5 and more on whatever it shows.
_PICTURES = {
    "left": ".sg-box{grid-template-columns:%s minmax(0,1fr)}",
    "right": ".sg-box{grid-template-columns:minmax(0,1fr) %s}.sg-picture{order:1}",
    "top": ".sg-box{grid-template-rows:auto 1fr}.sg-picture{aspect-ratio:4/3}",
    "background": ".sg{--f:#fff;--a:#fff;--c:#16181d}.sg-box{isolation:isolate}"
    ".sg-picture{position:absolute;inset:0;z-index:-1}"
    ".sg-picture::after{content:'';position:absolute;inset:0;"
    "background:linear-gradient(90deg,rgb(0 0 0/.74),rgb(0 0 0/.62) 65%,rgb(0 0 0/.4))}"
    ".sg-text{padding-block:clamp(1.6em,7cqi,4em)}.sg-text>*{max-width:min(32em,64cqi)}"
    "@container(max-width:34em){.sg-picture::after{background:rgb(0 0 0/.66)}.sg-text>*{max-width:100%}}",
}
_PICTURE = (
    ".sg-picture{position:relative;min-height:0;overflow:hidden}"
    ".sg-image{display:block;position:relative;width:100%;height:100%;object-fit:cover}.sg-image" + _MISSING
)
_WIDTHS = {"hero": "minmax(0,min(42%,21em))", "countdown": "minmax(0,min(38%,19em))", "card": "38%"}
_SMALL = "minmax(3.5em,6em)"
# Where there is little room: smaller, so that a hero keeps to the height that its place reserves, and nothing jumps.
# The picture is a square then, as those of products are, of which a high and narrow strip shows the middle alone.
_NARROW = (
    "@container(max-width:50em){.sg-box{grid-template-columns:%s}.sg-text{gap:.55em}"
    ".sg-picture{align-self:center;aspect-ratio:1;margin-block:1em;margin-%s:1em;border-radius:calc(var(--r)*.7)}}"
    "@container(max-width:30em){.sg-text{gap:.5em;padding:1em}"
    ".sg-headline{font-size:1.25em}.sg-body{font-size:.92em}}"
)
_ALIGNED = {
    "": "",
    "start": "",
    "center": ".sg-text{align-items:center;text-align:center}.sg-text>*{margin-inline:auto}",
    "end": ".sg-text{align-items:flex-end;text-align:end}",
}
_ROW_ALIGNED = {
    "center": ".sg-text{justify-content:center;text-align:center}",
    "end": ".sg-text{justify-content:flex-end}",
}
_PARTS = {
    "deal": ".sg-deal{display:flex;flex-wrap:wrap;align-items:baseline;gap:.5em 1.4em}",
    "prices": ".sg-prices{display:flex;flex-wrap:wrap;align-items:baseline;gap:.1em .6em;"
    "font-variant-numeric:tabular-nums}"
    ".sg-old{opacity:.8}.sg-new{font-size:1.3em;font-weight:700}.sg-item .sg-new{font-size:1em}"
    ".sg-said{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}"
    ".sg-old:empty,.sg-old:empty~.sg-said,.sg-said:has(+.sg-old:empty){display:none}",
    "coupon": ".sg-coupon code{font:inherit;font-weight:700;letter-spacing:.05em;padding:.15em .6em;"
    "border:1px dashed;"
    "border-radius:calc(var(--r)*.4)}",
}


def sheet(template: str, look: Look, *, picture: str, align: str, parts: frozenset[str]) -> Text:
    """In one `<style>`. `picture` is where it stands (a key of `_PICTURES`), "" for none;"
    " `parts` are keys of `_PARTS`.

    Raises ValueError for a colour that is none: what stands here is not escaped.
    """
    rules = [
        _BASE,
        _variables(look),
        *((_TINT,) if look.tinted and picture != "background" else ()),
        _BUTTONS.get(look.button, _BUTTONS["solid"]),
        "" if picture == "background" else _EDGES.get(look.edge, ""),
        TEMPLATES[template],
        *(_picture(template, picture) if picture else ()),
        (_ROW_ALIGNED if template == "banner" else _ALIGNED).get(align, ""),
        *(_PARTS[part] for part in sorted(parts)),
    ]
    text: Text = [f"<style>{''.join(rules)}"]
    if template == "countdown":
        text += [".sg{--left:", Gap("countdown.left", "digits"), "}"]
    return [*text, "</style>"]


def _picture(template: str, place: str) -> list[str]:
    rules = [_PICTURE]
    if place in ("top", "background"):
        return [*rules, _PICTURES[place]]
    # It fills the height that the text needs, and asks for none of its own.
    rules += [
        _PICTURES[place] % _WIDTHS.get(template, _SMALL),
        ".sg-image{position:absolute;inset:0}",
    ]
    columns = "34% minmax(0,1fr)" if place == "left" else "minmax(0,1fr) 34%"
    edge = "inline-start" if place == "left" else "inline-end"
    return [*rules, _NARROW % (columns, edge)] if template in ("hero", "countdown") else rules


def _variables(look: Look) -> str:
    light = [getattr(look, name) for name in COLOURS]
    dark = [getattr(look, f"dark_{name}") for name in COLOURS]
    if not all(map(COLOUR.match, [*light, *dark])):
        raise ValueError("a colour is written as # and six hexadecimal digits")
    radius = int(look.radius)
    corners = {"pill": "9em", "square": "0px"}.get(look.button_corners, f"{min(radius, 14)}px")
    rules = [f".sg{{{_pairs(light)}--r:{radius}px;--k:{corners}{_family(look, look.font)}}}"]
    if light != dark:
        both = [f"light-dark({a},{b})" for a, b in zip(light, dark, strict=True)]
        rules.append(f"@supports(color:light-dark(red,red)){{.sg{{{_pairs(both)}}}}}")
    if look.heading_font != look.font and font_stack(look, look.heading_font):
        rules.append(f".sg-headline{{{_family(look, look.heading_font)[1:]}}}")
    return "".join(rules)


def _pairs(colours: list[str]) -> str:
    return "".join(f"--{name}:{colour};" for name, colour in zip("bfac", colours, strict=True))


def _family(look: Look, font: str) -> str:
    stack = font_stack(look, font)
    return f";font-family:{stack}" if stack else ""
