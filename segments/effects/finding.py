"""What does searching, filtering and comparing change?"""

from segments.bounds import MAX_TERMS
from segments.effects.pages import product_list_viewed
from segments.effects.reading import as_text
from segments.state import PRICE_INTEREST, SEARCHES, WEEK_MS, Profile, Session
from tracking.event import Event


def products_searched(profile: Profile, session: Session, event: Event) -> None:
    session.searches += 1
    profile.searches += 1
    week = profile.week
    weight = week.weight(event.at, WEEK_MS)
    week.sums[SEARCHES] += weight
    if term := as_text(event.properties.get("query")).strip().lower():
        remember_term(profile, term, event.at)


def remember_term(profile: Profile, term: str, at: int) -> None:
    """A search that is told late goes before those that are known."""
    others = [known for known in profile.terms if known != term]
    if at >= profile.searched_at:
        profile.searched_at = at
        profile.terms = [*others[1 - MAX_TERMS :], term]
    elif len(others) == len(profile.terms) < MAX_TERMS:
        profile.terms = [term, *others]


def price_filter_applied(profile: Profile, session: Session, event: Event) -> None:
    session.price_filters += 1
    week = profile.week
    weight = week.weight(event.at, WEEK_MS)
    week.sums[PRICE_INTEREST] += weight


def product_list_filtered(profile: Profile, session: Session, event: Event) -> None:
    properties = event.properties
    product_list_viewed(profile, session, event)
    if speaks_of_price(properties.get("filters")) or speaks_of_price(properties.get("sorts")):
        price_filter_applied(profile, session, event)


def speaks_of_price(criteria: object) -> bool:
    return isinstance(criteria, list) and any(isinstance(one, dict) and one.get("type") == "price" for one in criteria)


def comparison_viewed(profile: Profile, session: Session, event: Event) -> None:
    session.comparisons += 1
    week = profile.week
    weight = week.weight(event.at, WEEK_MS)
    week.sums[PRICE_INTEREST] += weight
