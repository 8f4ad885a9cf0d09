"""What is remembered about one visitor?

Plain structs, encoded as msgpack arrays: adding a field at the end keeps old profiles readable, reordering does not.
Times are milliseconds since 1970 UTC, money is in minor units, visible time in milliseconds: whole numbers, so that
sums do not depend on their order. Every list and dict has a bound (`segments.bounds`), so a hostile stream cannot grow
a profile.
"""

from typing import Any

import msgspec
from msgspec import field

from sites.times import DAY_MS, MINUTE_MS
from tracking.exposure import Exposure

SESSION_GAP_MS = 30 * MINUTE_MS
WINDOW_MS = 30 * DAY_MS
TAKEN_BACK = 2**60  # a refund larger than any order
MAX_SESSION_STARTS = 40

# Positions in `Profile.week.sums` (half-life seven days) and `Profile.month.sums` (half-life thirty days).
WEEK = ("pages", "product_views", "dwell_ms", "cart_adds", "searches", "price_interest", "clicks")
PAGES, PRODUCT_VIEWS, DWELL_MS, CART_ADDS, SEARCHES, PRICE_INTEREST, CLICKS = range(len(WEEK))
MONTH = ("sessions", "orders", "revenue_minor")
SESSIONS, ORDERS, REVENUE_MINOR = range(len(MONTH))
WEEK_MS = 7 * DAY_MS
MONTH_MS = 30 * DAY_MS


# Of one event, for an event row (`segments.tallies`): its moment; twice that and a bit; or its moment and its worth.
Mark = int | tuple[int, int]
Trait = str | int | float | bool | list[Any] | dict[str, Any]


class Touch(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Where a session came from."""

    channel: str = ""
    source: str = ""
    medium: str = ""
    campaign: str = ""
    at: int = 0


class Fading(msgspec.Struct, array_like=True, gc=False):
    """Sums whose parts halve every half-life, by forward decay.

    A part added at time `at` is stored as `2 ** (at / half_life - epoch)`, and the sum is read at `now` times
    `2 ** (epoch - now / half_life)`: exact for late events too, and nothing is rewritten until the epoch moves.
    `epoch` counts whole half-lives since 1970, so moving it scales by a power of two, which floats do without rounding.

    References
    ----------
    Cormode, Shkapenyuk, Srivastava, Xu (2009), Forward decay: a practical time decay model for streaming systems.
    """

    epoch: int = 0
    sums: list[float] = []

    def weight(self, at: int, half_life: int) -> float:
        """What one unit at `at` adds to a sum; moves the epoch forward when `at` lies beyond it."""
        age = at / half_life - self.epoch
        if age >= 1.0:
            self.move(at // half_life)
            age = at / half_life - self.epoch
        return 2.0**age

    def move(self, epoch: int) -> None:
        factor = 2.0 ** max(self.epoch - epoch, -1000)
        self.sums = [value * factor for value in self.sums]
        self.epoch = epoch

    def read(self, position: int, now: int, half_life: int) -> float:
        return self.sums[position] * 2.0 ** min(self.epoch - now / half_life, 0.0)


class Interests(Fading, array_like=True, gc=False):
    """Fading sums by category, beside those of `Fading`."""

    categories: dict[str, float] = {}

    def move(self, epoch: int) -> None:
        factor = 2.0 ** max(self.epoch - epoch, -1000)
        self.categories = {name: value * factor for name, value in self.categories.items()}
        Fading.move(self, epoch)


class Item(msgspec.Struct, array_like=True, gc=False):
    """A product this visitor looked at."""

    category: str = ""
    price_minor: int = 0
    at: int = 0
    views: int = 0
    dwell_ms: int = 0  # visible time on its pages, all together
    longest_ms: int = 0  # on one page view


class Line(msgspec.Struct, array_like=True, gc=False):
    """A product in the cart. Its units may have cost different prices: two sizes of one product are one line."""

    quantity: int
    price_minor: int  # of the units told of last
    at: int = 0  # of its latest change
    rest_minor: int = 0  # what the line is worth beyond `quantity` units at that price; may be negative

    @property
    def worth_minor(self) -> int:
        return self.quantity * self.price_minor + self.rest_minor


class PageView(msgspec.Struct, array_like=True, gc=False):
    """A page view that may still report its dwell: what it reported so far."""

    product: str = ""
    dwell_ms: int = 0


class Order(msgspec.Struct, array_like=True, gc=False, order=True):
    """What was told of one order, in whatever sequence: by the page, by the server, on two devices, its refunds before
    itself."""

    at: int
    order_id: str
    total_minor: int
    refunded_minor: int = 0  # TAKEN_BACK: all of it
    is_priced: bool = True  # False: no total, an unreadable one, or one in another currency; then the total is 0
    is_told: bool = True  # False: only a refund has come so far
    items: list[str] = []  # keys of its products, ascending; of the latest orders only (`MAX_BOUGHT`)

    @property
    def counts(self) -> bool:
        """An order that was cancelled or refunded whole is none."""
        whole = self.total_minor if self.is_priced and self.total_minor else TAKEN_BACK
        return self.is_told and self.refunded_minor < whole

    @property
    def net_minor(self) -> int:
        return max(self.total_minor - self.refunded_minor, 0)


class Engagement(msgspec.Struct, array_like=True, gc=False, order=True):
    """What the visitor did with something that we showed."""

    at: int
    kind: str  # Impression Click Dismiss
    decision: str
    exposure: Exposure


class Kept(msgspec.Struct, array_like=True, frozen=True, gc=False, order=True):
    """What the visitor drew in an experiment whose visitors keep their arms."""

    at: int
    arm: str
    generation: int  # of the seeds of the experiment
    phase: int  # whose shares it was drawn by
    propensity: float  # the chance that the arm had then, 0 to 1


class Step(msgspec.Struct, array_like=True, frozen=True, gc=False, order=True):
    """One thing that the visitor did."""

    at: int
    kind: int  # position in segments.effects.trail.STEPS
    item: str = ""
    category: str = ""


class Session(msgspec.Struct, array_like=True, gc=False):
    """The session in progress, or the last one. `number` counts from 1; 0: no session yet."""

    number: int = 0
    started_at: int = 0
    last_at: int = 0
    events: int = 0
    pages: int = 0
    touch: Touch = field(default_factory=Touch)
    landing_path: str = ""
    categories: dict[str, int] = {}  # category -> its pages
    page_category: str = ""  # what the page view in progress has counted already
    page_product: str = ""
    product_views: int = 0
    dwell_ms: int = 0
    product_dwell_ms: int = 0
    longest_ms: int = 0  # longest visible time on one product page
    longest_product: str = ""
    scroll_percent: int = 0
    pointer: int = 0
    link_clicks: int = 0
    searches: int = 0
    price_filters: int = 0
    comparisons: int = 0
    forms_started: int = 0
    forms_submitted: int = 0
    cart_adds: int = 0
    orders: int = 0
    shown: dict[str, int] = {}  # rule -> impressions in it
    shown_of_campaigns: dict[str, int] = {}  # campaign -> the same of all its rules


class PastSession(msgspec.Struct, array_like=True, gc=False):
    """When a session before the one in progress was. `number` 0: it was another history's, and has none in this one
    yet."""

    started_at: int
    last_at: int
    number: int
    touch: Touch | None = None  # None: direct


class Profile(msgspec.Struct, array_like=True, gc=False):
    """The live state of one visitor: a pure fold over the visitor's events."""

    seq: int = 0
    user: str = ""
    merged_into: str = ""  # this profile is a redirect to that visitor
    consent: str = ""  # "" (not asked), granted, stored (not used for decisions), denied (nothing may be stored)
    first_at: int = 0
    last_at: int = 0
    events: int = 0
    sessions: int = 0
    session_starts: list[int] = []  # of the last 30 days, ascending
    previous_at: int = 0  # when the session before this one ended
    session: Session = field(default_factory=Session)
    first_touch: Touch = field(default_factory=Touch)
    last_touch: Touch = field(default_factory=Touch)
    device: str = ""
    browser: str = ""
    language: str = ""
    country: str = ""
    path: str = ""
    pages: int = 0
    product_views: int = 0
    open_pages: dict[str, PageView] = {}
    items: dict[str, Item] = {}  # least recently seen first
    cart: dict[str, Line] = {}
    cart_at: int = 0
    cart_left: bool = False  # this cart has been counted as abandoned
    checkout_at: int = 0  # of the cart in progress, 0 before checkout
    carts: int = 0
    carts_abandoned: int = 0
    added: int = 0  # units ever added to a cart, and their value
    added_minor: int = 0
    orders: int = 0
    revenue_minor: int = 0
    last_order_at: int = 0
    known_orders: list[Order] = []  # the latest, ascending, so that one told again counts once
    searches: int = 0
    terms: list[str] = []  # latest last
    week: Interests = field(default_factory=lambda: Interests(0, [0.0] * len(WEEK)))
    month: Fading = field(default_factory=lambda: Fading(0, [0.0] * len(MONTH)))
    traits: dict[str, Trait] = {}
    shown: dict[str, list[int]] = {}  # rule -> local day, impressions on that day, impressions in all
    engagements: list[Engagement] = []
    cart_set_at: int = 0  # when the cart was last emptied by an order, or told as a whole
    unpriced_orders: int = 0  # whose total is not in `revenue_minor` (`Order.is_priced`)
    trait_times: dict[str, int] = {}  # when each trait was told; one that is not in `traits` was unset then
    traits_left_out: int = 0  # how often a trait could not be kept
    consent_at: int = 0
    searched_at: int = 0  # when the latest of `terms` was searched for
    past_sessions: list[PastSession] = []  # those that an event was told of last at the end
    last_number: int = 0  # highest number of a session so far
    claimed: str = ""  # the first user whom events named without proof
    trail: list[Step] = []  # the latest, ascending
    counted: str = ""  # `Row.tally` of the event rows whose marks are complete, ascending, with commas between
    tallies: dict[str, list[Mark]] = {}  # `Row.tally` of an event row -> marks of its latest events, ascending
    shown_of_campaigns: dict[str, list[int]] = {}  # campaign -> as `shown`, of all its rules
    kept: dict[str, Kept] = {}  # id of a treatment -> what was drawn in it

    @property
    def owner(self) -> str:
        """Whose device this is, as far as anybody says."""
        return self.user or self.claimed

    @property
    def bought(self) -> dict[str, int]:
        """Keys of the items of the latest orders, without those taken back whole, and when each was ordered last."""
        return {item: order.at for order in self.known_orders if order.counts for item in order.items}
