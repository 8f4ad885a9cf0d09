"""How do the demo's simulated visitors behave? Seven personas, each a way through the shop; every visit is labelled as
simulated.

What they are is known, so what Segue makes of them (segments, clusters) can be checked against it.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from personalization.demo import redeemed
from personalization.demo.catalogue import CATEGORIES, CURRENCY, PRODUCTS, Category, Product, in_category
from personalization.demo.course import Course, course_of
from sites.money import scale
from sites.times import DAY_MS, HOUR_MS, moment_of

LIBRARY = {"name": "segue-simulator", "version": "1"}
DEVICES = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0"
        " Safari/605.1.15"
    ),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0"
        " Mobile/15E148 Safari/604.1"
    ),
    (
        "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile"
        " Safari/537.36"
    ),
)
ARRIVALS = (  # referrer, query of the landing page
    ("https://www.google.com/", ""),
    ("https://duckduckgo.com/", ""),
    ("https://www.instagram.com/", "?utm_source=instagram&utm_medium=social&utm_campaign=autumn"),
    ("", "?utm_source=newsletter&utm_medium=email&utm_campaign=november"),
    ("https://www.google.com/", "?gclid=simulated&utm_source=google&utm_medium=cpc"),
    ("https://chatgpt.com/", "?utm_source=chatgpt.com"),
    ("", ""),
)


@dataclass(frozen=True)
class Persona:
    """Ranges are inclusive. `tastes` is the chance of each habit in one visit."""

    key: str
    weight: int
    visits: tuple[int, int]
    products: tuple[int, int]  # product pages a visit
    dwell_seconds: tuple[int, int]  # on a product page
    categories: tuple[int, int]  # category pages a visit
    searches: tuple[int, int] = (0, 0)  # a visit
    filters: float = 0.0
    compares: float = 0.0
    adds: float = 0.0
    orders: float = 0.0  # once something is in the cart
    cheap: bool = False
    one_category: bool = False


PERSONAS = (
    Persona("window-shopper", 26, (1, 2), (1, 2), (3, 12), (1, 3)),
    Persona(
        "bargain-hunter",
        18,
        (2, 4),
        (3, 5),
        (8, 25),
        (2, 3),
        filters=0.9,
        compares=0.6,
        adds=0.4,
        orders=0.4,
        cheap=True,
    ),
    Persona(
        "focused-researcher", 16, (1, 3), (1, 2), (50, 180), (1, 1), searches=(0, 1), compares=0.1, adds=0.2, orders=0.4
    ),
    Persona("category-explorer", 16, (2, 4), (6, 9), (6, 20), (3, 5), adds=0.1, orders=0.3, one_category=True),
    Persona("loyal-buyer", 8, (5, 9), (1, 3), (15, 40), (1, 2), searches=(0, 1), adds=0.95, orders=0.9),
    Persona("cart-leaver", 10, (1, 3), (2, 4), (10, 40), (1, 2), adds=0.95, orders=0.05),
    Persona("gift-searcher", 6, (1, 2), (2, 4), (10, 35), (0, 1), searches=(2, 4), adds=0.6, orders=0.7),
)
STRAYS = 0.1  # of the visits go any persona's way: nobody is a type all the time
COUNTRIES, SHARES = ("DE", "AT", "CH", "NL", "FR", "GB", "US"), (46, 12, 9, 9, 9, 9, 6)
CONSENT = {"categoryPreferences": {"analytics": True, "personalization": True}}
# How many come in each hour of a day (UTC), to the busiest.
BUSY = (0.2, *[0.1] * 4, 0.2, 0.4, 0.5, 0.6, 0.7, 0.7, 0.8, 0.8, *[0.7] * 3, 0.8, 0.9, *[1] * 3, 0.9, 0.6, 0.4)
APART_MS = HOUR_MS  # two visits of one visitor, at least: the longest take a third of it


@dataclass
class Simulated:
    """One visitor: everything about them follows from the number."""

    number: int
    rng: random.Random = field(init=False)
    persona: Persona = field(init=False)
    user_agent: str = field(init=False)
    favourite: Category = field(init=False)
    country: str = field(init=False)

    def __post_init__(self) -> None:
        self.rng = random.Random(f"segue-visitor-{self.number}")
        self.persona = self.rng.choices(PERSONAS, [persona.weight for persona in PERSONAS])[0]
        self.user_agent = self.rng.choice(DEVICES)
        self.favourite = self.rng.choice(CATEGORIES)
        self.country = random.Random(f"segue-country-{self.number}").choices(COUNTRIES, SHARES)[0]

    @property
    def anonymous_id(self) -> str:
        return f"simulated-{self.number}"

    def visits(self, until: int, days: int) -> list["Visit"]:
        """This visitor's past visits, oldest first; no two overlap."""
        starts = sorted(self._start(until, days) for _ in range(self.rng.randint(*self.persona.visits)))
        apart = [starts[0], *(after for before, after in pairwise(starts) if after - before >= APART_MS)]
        return [Visit(self, i, start) for i, start in enumerate(apart)]

    def _start(self, until: int, days: int) -> int:
        """By day rather than by night, and a little more often lately."""
        while True:
            back = self.rng.uniform(0.02, days)
            start = until - int(back * DAY_MS)
            if self.rng.random() < BUSY[start % DAY_MS // HOUR_MS] * (1 - 0.4 * back / days):
                return start

    def history(self, until: int, days: int) -> list[list[dict[str, Any]]]:
        """The messages of these visits."""
        return [list(visit.messages()) for visit in self.visits(until, days)]


class Visit:
    """One visit as a list of messages with their own times. All of it follows from the visitor and the number."""

    def __init__(self, visitor: Simulated, number: int, start: int, base_url: str = "https://shop.example") -> None:
        self.visitor, self.number, self.start, self.base_url = visitor, number, start, base_url
        self.at = start  # how far it has come
        self.rng = random.Random(f"segue-visit-{visitor.number}-{number}")
        self.persona = self.rng.choice(PERSONAS) if self.rng.random() < STRAYS else visitor.persona
        self.counter = 0
        self.page: dict[str, Any] = {}
        self.page_id = ""
        self.cart: list[Product] = []

    def course(self) -> Course:
        """The visit with what the visitor does about what is shown."""
        rng = random.Random(f"segue-reactions-{self.visitor.number}-{self.number}")
        return course_of(self.messages(), rng, is_keen=self.persona.cheap or self.persona.one_category)

    def messages(self) -> Iterator[dict[str, Any]]:
        """The first message also says what the visitor is: simulated, and which persona."""
        referrer, query = self.rng.choice(ARRIVALS) if self.number == 0 or self.rng.random() < 0.6 else ("", "")
        yield from self._open("/demo/", "Home", query, referrer)
        yield self._message("identify", traits={"simulated": True, "persona": self.visitor.persona.key})
        for _ in range(self.rng.randint(*self.persona.searches)):
            words = self.rng.choice([kind[0] for kind in self.visitor.favourite.kinds])
            yield from self._open("/demo/search", f"Search {words}")
            yield self._track("Products Searched", query=words)
        for category in self._categories():
            yield from self._browse(category)
        for product in self._products():
            yield from self._look(product)
        yield from self._decide_to_buy()

    def _categories(self) -> list[Category]:
        number = self.rng.randint(*self.persona.categories)
        if self.persona.one_category:
            return [self.visitor.favourite] * number
        return [self.visitor.favourite, *self.rng.sample(CATEGORIES, 6)][:number]

    def _products(self) -> list[Product]:
        if self.persona.one_category or self.rng.random() < 0.6:
            shelf = in_category(self.visitor.favourite)
        else:
            shelf = list(PRODUCTS)
        if self.persona.cheap:
            shelf = sorted(shelf, key=lambda product: product.price_minor)[: max(8, len(shelf) // 3)]
        return self.rng.sample(shelf, self.rng.randint(*self.persona.products))

    def _browse(self, category: Category) -> Iterator[dict[str, Any]]:
        yield from self._open(f"/demo/c/{category.key}", category.name, category=category.name)
        yield self._track("Product List Viewed", list_id=category.key, category=category.name)
        if self.rng.random() < self.persona.filters:
            self._pass(4, 15)
            yield self._track("Price Filter Applied", category=category.name, max=self.rng.choice((25, 40, 60)))
        yield from self._stay(5, 20, category=category.name)

    def _look(self, product: Product) -> Iterator[dict[str, Any]]:
        yield from self._open(f"/demo/p/{product.key}", product.name, category=product.category.name)
        yield self._track("Product Viewed", **product.properties)
        yield from self._stay(*self.persona.dwell_seconds, product_id=product.key, category=product.category.name)
        if self.rng.random() < self.persona.adds:
            self.cart.append(product)
            yield self._track("Product Added", **product.properties, quantity=1)

    def _decide_to_buy(self) -> Iterator[dict[str, Any]]:
        if self.rng.random() < self.persona.compares:
            yield from self._open("/demo/compare", "Compare")
            yield self._track(
                "Comparison Viewed",
                products=[product.properties for product in self.rng.sample(in_category(self.visitor.favourite), 3)],
            )
        if not self.cart:
            return
        products = [{**product.properties, "quantity": 1} for product in self.cart]
        total = sum(product.price_minor for product in self.cart) / scale(CURRENCY)
        yield from self._open("/demo/cart/", "Cart")
        yield self._track("Cart Viewed", products=products, value=total, currency=CURRENCY)
        if self.rng.random() < self.persona.orders:
            luck = random.Random(f"segue-coupon-{self.visitor.number}-{self.number}")
            code = redeemed.code_for(luck, is_frugal=self.persona.cheap)
            yield from self._open("/demo/checkout", "Check out")
            yield self._track("Checkout Started", products=products, value=total, currency=CURRENCY)
            self._pass(20, 60)
            yield self._track(
                "Order Completed",
                order_id=f"{self.visitor.anonymous_id}-{self.number}",
                **redeemed.reduction(code, sum(product.price_minor for product in self.cart)),
                currency=CURRENCY,
                products=products,
            )

    # --- messages

    def _open(
        self, path: str, title: str, query: str = "", referrer: str | None = None, **about: Any
    ) -> Iterator[dict[str, Any]]:
        self._pass(2, 6)
        came_from = self.page.get("url", "") if referrer is None else referrer
        self.page = {"url": f"{self.base_url}{path}{query}", "path": path, "title": title, "referrer": came_from}
        self.page_id = f"{self.visitor.anonymous_id}-{self.number}-{self.counter}"
        yield self._message("page", properties={"page_id": self.page_id, **self.page, **about})

    def _stay(self, low: int, high: int, **about: Any) -> Iterator[dict[str, Any]]:
        seconds = self.rng.randint(low, high)
        self.at += seconds * 1000
        yield self._track("Page Dwell", page_id=self.page_id, seconds=seconds, **about)
        yield self._track(
            "Scroll Depth", page_id=self.page_id, percent=min(100, 25 + seconds + self.rng.randint(0, 30))
        )
        yield self._track("Pointer Activity", page_id=self.page_id, moves=seconds * 2, clicks=self.rng.randint(0, 3))

    def _pass(self, low: int, high: int) -> None:
        self.at += self.rng.randint(low * 1000, high * 1000)

    def _track(self, event: str, **properties: Any) -> dict[str, Any]:
        return self._message("track", event=event, properties=properties)

    def _message(self, kind: str, **fields: Any) -> dict[str, Any]:
        self.counter += 1
        return {
            "type": kind,
            "messageId": f"{self.visitor.anonymous_id}-{self.number}-{self.counter}",
            "anonymousId": self.visitor.anonymous_id,
            "timestamp": moment_of(self.at).isoformat(timespec="milliseconds"),
            "context": {
                "page": self.page,
                "userAgent": self.visitor.user_agent,
                "library": LIBRARY,
                "location": {"country": self.visitor.country},
                "consent": CONSENT,
            },
            **fields,
        }
