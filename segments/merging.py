"""What is known about a visitor whose two histories turn out to be one?

Symmetric in what it knows, so it does not matter which device was first: totals add, lists and dicts are joined and
bounded again, and of what can have only one value the later profile's wins. Identity (`seq`, `user`, `merged_into`, the
session's number) stays with the profile that goes on counting.
"""

from segments import bounds
from segments.effects.cart import bound_cart
from segments.effects.orders import add_up, bound_items, change_order, combine_tellings, find_order, last_of
from segments.effects.people import keep
from segments.effects.trail import join_trails
from segments.effects.traits import bound_traits, times_of
from segments.merging_sessions import join_sessions, most_of, order_of_touch
from segments.state import Fading, Interests, Item, Kept, Line, Profile, Touch
from segments.tallies import Rows, join

Changes = dict[str, object]  # fields of a profile, and what they become
NO_ROWS = Rows()

TOTALS = (
    "events", "pages", "product_views", "carts", "carts_abandoned", "added", "added_minor", "orders", "revenue_minor",
    "unpriced_orders", "searches",
    "traits_left_out",
)  # fmt: skip
LATEST = ("device", "browser", "language", "country", "path")
NEWEST = ("last_at", "cart_at", "cart_set_at", "consent_at", "searched_at")


def merge(profile: Profile, absorbed: Profile, rows: Rows = NO_ROWS) -> None:
    """Joins the history of `absorbed` into `profile`, in place; `absorbed` must not be used afterwards. `rows` are
    those that the site counts."""
    if not absorbed.events:
        return
    join_orders(profile, absorbed)
    join(profile, absorbed, rows)
    earlier, later = (profile, absorbed) if absorbed.last_at > profile.last_at else (absorbed, profile)
    joined: Changes = {name: min(getattr(profile, name) + getattr(absorbed, name), bounds.MOST_SUM) for name in TOTALS}
    joined |= {name: getattr(later, name) or getattr(earlier, name) for name in LATEST}
    joined |= {name: max(getattr(profile, name), getattr(absorbed, name)) for name in NEWEST}
    joined["first_at"] = min(profile.first_at, absorbed.first_at) if profile.events else absorbed.first_at
    joined |= join_touches(profile, absorbed)
    joined |= join_sessions(profile, absorbed, join_fading(profile.month, absorbed.month))
    joined |= join_carts(earlier, later)
    joined |= join_collections(earlier, later)
    joined |= join_traits(earlier, later)
    for name, value in joined.items():
        setattr(profile, name, value)
    bound_traits(profile)


def join_orders(profile: Profile, absorbed: Profile) -> None:
    """An order that both know counts once: it leaves the sums of `absorbed`, which are added to ours later."""
    others = []
    for order in absorbed.known_orders:
        known = find_order(profile, order.order_id)
        if known is None:
            others.append(order)
        else:
            add_up(absorbed, order, -1)
            change_order(profile, known, combine_tellings(known, order))
    orders = sorted(profile.known_orders + others)
    profile.last_order_at = last_of(orders, 0 if orders else max(profile.last_order_at, absorbed.last_order_at))
    profile.known_orders = orders[-bounds.MAX_ORDERS :]
    bound_items(profile.known_orders)


def join_touches(profile: Profile, absorbed: Profile) -> Changes:
    touches = (profile.first_touch, absorbed.first_touch)
    return {
        "first_touch": min((touch for touch in touches if touch.channel), key=order_of_touch, default=Touch()),
        "last_touch": max(
            profile.last_touch,
            absorbed.last_touch,
            key=lambda touch: (touch.channel not in ("", "direct"), order_of_touch(touch)),
        ),
    }


def join_carts(earlier: Profile, later: Profile) -> Changes:
    """What either cart held: the larger quantity, at the later profile's price."""
    newest, oldest = (later, earlier) if later.cart_at >= earlier.cart_at else (earlier, later)
    cart = dict(oldest.cart)
    for key, line in newest.cart.items():
        known = cart.pop(key, line)
        # What the later units are worth beyond their price goes with that price.
        quantity = max(line.quantity, known.quantity)
        cart[key] = Line(quantity, line.price_minor, line.at, line.rest_minor)
    kept = bound_cart(cart)
    checkout_at = max(earlier.checkout_at, later.checkout_at) if kept else 0
    return {
        "cart": kept,
        "cart_left": newest.cart_left if newest.cart else oldest.cart_left,
        "checkout_at": checkout_at,
    }


def join_collections(earlier: Profile, later: Profile) -> Changes:
    terms = [term for term in earlier.terms if term not in later.terms] + later.terms
    answered = max(earlier, later, key=lambda profile: (bool(profile.consent), profile.consent_at, profile is later))
    return {
        "terms": terms[-bounds.MAX_TERMS :],
        "consent": answered.consent,
        "items": join_items(earlier.items, later.items),
        "open_pages": dict(list({**earlier.open_pages, **later.open_pages}.items())[-bounds.MAX_OPEN_PAGES :]),
        "shown": join_shown(earlier.shown, later.shown),
        "shown_of_campaigns": join_shown(earlier.shown_of_campaigns, later.shown_of_campaigns),
        "kept": join_kept(earlier.kept, later.kept),
        "engagements": sorted(earlier.engagements + later.engagements)[-bounds.MAX_ENGAGEMENTS :],
        "week": join_interests(earlier.week, later.week),
        "trail": join_trails(earlier.trail, later.trail),
    }


def join_traits(earlier: Profile, later: Profile) -> Changes:
    ours, theirs = times_of(earlier), times_of(later)
    times = {name: max(ours.get(name, 0), theirs.get(name, 0)) for name in {*ours, *theirs}}
    traits = {}
    for name in times:
        told = later if name in theirs and theirs[name] >= ours.get(name, 0) else earlier
        if name in told.traits:
            traits[name] = told.traits[name]
    return {"traits": traits, "trait_times": times}


def join_items(earlier: dict[str, Item], later: dict[str, Item]) -> dict[str, Item]:
    items = {**earlier, **later}
    for key in earlier.keys() & later.keys():
        old, new = sorted((earlier[key], later[key]), key=lambda item: (item.at, item.category, item.price_minor))
        items[key] = Item(
            new.category or old.category,
            new.price_minor or old.price_minor,
            new.at,
            old.views + new.views,
            old.dwell_ms + new.dwell_ms,
            max(old.longest_ms, new.longest_ms),
        )
    return dict(sorted(items.items(), key=lambda entry: (entry[1].at, entry[0]))[-bounds.MAX_ITEMS :])


def join_shown(earlier: dict[str, list[int]], later: dict[str, list[int]]) -> dict[str, list[int]]:
    shown = {**earlier, **later}
    for key in earlier.keys() & later.keys():
        one, other = earlier[key], later[key]
        day = max(one[0], other[0])
        shown[key] = [day, sum(count[1] for count in (one, other) if count[0] == day), one[2] + other[2]]
    return dict(sorted(shown.items(), key=lambda entry: (entry[1], entry[0]))[-bounds.MAX_SHOWN :])


def join_kept(earlier: dict[str, Kept], later: dict[str, Kept]) -> dict[str, Kept]:
    """Who was somebody unknown first, and drew then, keeps that."""
    kept = dict(earlier)
    for treatment, drawn in later.items():
        keep(kept, treatment, drawn)
    return kept


def join_fading(one: Fading, other: Fading) -> Fading:
    align(one, other)
    return Fading(one.epoch, [a + b for a, b in zip(one.sums, other.sums, strict=True)])


def join_interests(one: Interests, other: Interests) -> Interests:
    align(one, other)
    categories = {
        name: one.categories.get(name, 0.0) + other.categories.get(name, 0.0)
        for name in sorted({*one.categories, *other.categories})
    }
    return Interests(
        one.epoch,
        [a + b for a, b in zip(one.sums, other.sums, strict=True)],
        most_of(categories, bounds.MAX_CATEGORIES),
    )


def align(one: Fading, other: Fading) -> None:
    epoch = max(one.epoch, other.epoch)
    one.move(epoch)
    other.move(epoch)
