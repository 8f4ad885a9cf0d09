"""What did the visitor do last, one thing after the other?

Each step is a function of its event alone, never of what else is known, and steps are sorted by time and then by what
they say: so the trail is the same in whatever sequence its events arrive, and that of two histories is the trail of
both. A shop that tells of a page twice (`page` and `Product Viewed`) leaves two steps. Reports of attention leave none:
several a page, they would soon fill the trail.
"""

from bisect import insort
from collections.abc import Callable

from segments.bounds import MAX_TRAIL
from segments.effects.reading import as_text, product_id
from segments.state import Profile, Session, Step
from tracking.event import Event

Effect = Callable[[Profile, Session, Event], None]

# Names of `Step.kind`. Profiles hold the numbers: a new kind goes to the end.
STEPS = (
    "page", "Product Viewed", "Product List Viewed", "Product List Filtered", "Price Filter Applied",
    "Comparison Viewed",
    "Products Searched", "Product Added", "Product Removed", "Cart Viewed", "Checkout Started", "Order Completed",
    "Form Submitted",
)  # fmt: skip
PAGE, VIEWED, LISTED, FILTERED, PRICED, COMPARED, SEARCHED, ADDED, REMOVED, CART, CHECKOUT, ORDERED, SUBMITTED = range(
    len(STEPS)
)


def step(kind: int, effect: Effect) -> Effect:
    """The effect, and a step on the trail. Runs at most events, so it is one function and looks before it calls."""

    def leave_step(profile: Profile, session: Session, event: Event) -> None:
        effect(profile, session, event)
        at, properties, trail = event.at, event.properties, profile.trail
        item = category = ""
        if properties:
            item = product_id(properties)
            if "category" in properties:
                category = as_text(properties["category"])
        done = Step(at, kind, item, category)
        if not trail or at > trail[-1].at:  # nearly always
            trail.append(done)
        else:
            insort(trail, done)
        if len(trail) > MAX_TRAIL:
            del trail[0]

    return leave_step


def join_trails(one: list[Step], other: list[Step]) -> list[Step]:
    return sorted(one + other)[-MAX_TRAIL:]
