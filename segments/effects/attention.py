"""What does attention change: visible time, scrolling, the pointer, links, forms?"""

from segments.bounds import MOST_DWELL_MS, TEXT
from segments.effects.pages import open_page, touch_item
from segments.effects.reading import as_count, as_id, as_number, product_id
from segments.state import DWELL_MS, WEEK_MS, PageView, Profile, Session
from tracking.event import Event


def page_dwell(profile: Profile, session: Session, event: Event) -> None:
    """`seconds` is the visible time of a page view so far: what counts is its increase."""
    properties = event.properties
    seconds = as_number(properties.get("seconds"))
    page_id = as_id(properties.get("page_id")) or event.path[:TEXT]
    if seconds is None or not page_id:
        return
    view = open_page(profile, page_id)
    if key := product_id(properties):
        view.product = key
    dwell_ms = round(seconds * 1000)
    if dwell_ms > MOST_DWELL_MS:
        dwell_ms = MOST_DWELL_MS
    gained = dwell_ms - view.dwell_ms
    if gained <= 0:
        return
    view.dwell_ms = dwell_ms
    session.dwell_ms += gained
    week = profile.week
    weight = week.weight(event.at, WEEK_MS)
    week.sums[DWELL_MS] += gained * weight
    if view.product:
        dwell_on_product(profile, session, event, view, gained)


def dwell_on_product(profile: Profile, session: Session, event: Event, view: PageView, gained: int) -> None:
    item = touch_item(profile, view.product, event)
    item.dwell_ms += gained
    if view.dwell_ms > item.longest_ms:
        item.longest_ms = view.dwell_ms
    session.product_dwell_ms += gained
    if view.dwell_ms > session.longest_ms:
        session.longest_ms = view.dwell_ms
        session.longest_product = view.product


def scroll_depth(profile: Profile, session: Session, event: Event) -> None:
    percent = as_count(event.properties.get("percent"), 100)
    if percent > session.scroll_percent:
        session.scroll_percent = percent


def pointer_activity(profile: Profile, session: Session, event: Event) -> None:
    properties = event.properties
    session.pointer += as_count(properties.get("moves")) + as_count(properties.get("clicks"))


def internal_link_clicked(profile: Profile, session: Session, event: Event) -> None:
    session.link_clicks += 1


def form_started(profile: Profile, session: Session, event: Event) -> None:
    session.forms_started += 1


def form_submitted(profile: Profile, session: Session, event: Event) -> None:
    session.forms_submitted += 1
