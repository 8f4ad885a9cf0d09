"""What does a theme look like? One creative of each template, on a page that could be any shop's."""

from datetime import UTC, datetime

from campaigns.looks import Look
from campaigns.models import AdVariant
from campaigns.previews import DOCUMENT, GROUNDS
from campaigns.slots import Values
from campaigns.variants import preview

SAMPLE_DISCOUNT = 15  # per cent
ITEM = {"slot": "viewed", "image_url": "{item.image_url}", "image_alt": "{item.name}", "link": "{item.url}"}
SAMPLES = (
    AdVariant(
        template="hero",
        badge="{discount} off",
        headline="Back to {item.name}?",
        body="You took a close look. It is still here, and costs less this week.",
        old_price="{item.old_price}",
        new_price="{item.reduced_price}",
        discount_percent=SAMPLE_DISCOUNT,
        call_to_action="See the offer",
        **ITEM,
    ),
    AdVariant(template="banner", headline="Free delivery over 50", call_to_action="Read how", link="/"),
    AdVariant(template="row", slot="viewed", headline="You looked at these"),
    AdVariant(template="card", headline="{item.name}", body="{item.price}", call_to_action="Have a look", **ITEM),
    AdVariant(
        template="message",
        slot="cart",
        headline="Forgotten something?",
        body="{cart.count} in your cart, {cart.value}.",
    ),
    AdVariant(
        template="countdown",
        headline="The sale ends soon",
        ends_at=datetime(2030, 1, 1, tzinfo=UTC),
        call_to_action="Shop the sale",
        link="/",
    ),
)
_PAGE = (
    "body{max-width:60rem;margin:auto;padding:1.2rem}header{display:flex;gap:1.5rem;align-items:center;"
    "padding-bottom:1rem;opacity:.7}"
    "header b{font-size:1.25rem}main{display:grid;gap:1.2rem;grid-template-columns:repeat(6,minmax(0,1fr))}"
    "main>*{grid-column:1/-1}@media(min-width:46rem){main>.third{grid-column:span 2}main>.most{grid-column:span 4}}"
)
_SHAPES = {"card": "third", "row": "most"}
_HEADER = "<header><b>{site}</b><span>New</span><span>Shop</span><span>About</span></header>"


def samples(look: Look, values: Values, scheme: str) -> str:
    """A whole document for a sandboxed frame. Each creative has a shadow root of its own, so that their rules do not
    meet."""
    inside = "".join(
        f'<div class="{_SHAPES.get(sample.template, "")}"><template shadowrootmode="open">'
        f"{preview(sample, values, look)}</template></div>"
        for sample in SAMPLES
    )
    html = f"{_HEADER.format(site='Your site')}<main>{inside}</main>"
    return DOCUMENT.format(scheme=scheme, ground=GROUNDS[scheme], more=_PAGE, html=html)
