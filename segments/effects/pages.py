"""What does a page or a product that was looked at change?"""

from segments.bounds import MAX_CATEGORIES, MAX_ITEMS, MAX_OPEN_PAGES, MAX_SESSION_CATEGORIES
from segments.effects.reading import as_id, as_text, price_of, product_id
from segments.state import PAGES, PRODUCT_VIEWS, WEEK_MS, Item, PageView, Profile, Session
from tracking.event import Event

# How much an event says about interest in its category.
VIEWED, ADDED, ORDERED = 1.0, 3.0, 5.0


def count_interest(profile: Profile, category: str, at: int, strength: float) -> None:
    week = profile.week
    weight = strength * week.weight(at, WEEK_MS)
    categories = week.categories
    categories[category] = categories.get(category, 0.0) + weight
    if len(categories) > MAX_CATEGORIES:
        del categories[min(categories, key=lambda name: (categories[name], name))]


def count_category_page(profile: Profile, session: Session, category: str, at: int) -> None:
    """Once a page view: `page`, `Product Viewed` and `Product List Viewed` often tell of the same page."""
    if session.pages and category == session.page_category:
        return
    session.page_category = category
    categories = session.categories
    categories[category] = categories.get(category, 0) + 1
    if len(categories) > MAX_SESSION_CATEGORIES:
        del categories[min(categories, key=lambda name: (categories[name], name))]
    count_interest(profile, category, at, VIEWED)


def touch_item(profile: Profile, key: str, event: Event) -> Item:
    properties, at = event.properties, event.at
    items = profile.items
    item = items.pop(key, None) or Item()
    items[key] = item
    if at >= item.at:
        item.at = at
        if "category" in properties:
            item.category = as_text(properties["category"]) or item.category
        if "price" in properties:
            price = price_of(properties, properties, event.context.get("currency", ""))
            item.price_minor = item.price_minor if price is None else price
    if at < profile.last_at:  # told late: it is not what was seen last
        profile.items = items = dict(sorted(items.items(), key=lambda entry: entry[1].at))
    if len(items) > MAX_ITEMS:
        del items[next(iter(items))]
    return item


def view_product(profile: Profile, session: Session, event: Event, key: str) -> None:
    properties = event.properties
    item = touch_item(profile, key, event)
    if page_id := as_id(properties.get("page_id")):
        open_page(profile, page_id).product = key
    if session.pages and key == session.page_product:
        return
    session.page_product = key
    session.product_views += 1
    profile.product_views += 1
    item.views += 1
    week = profile.week
    weight = week.weight(event.at, WEEK_MS)
    week.sums[PRODUCT_VIEWS] += weight


def open_page(profile: Profile, page_id: str) -> PageView:
    pages = profile.open_pages
    page = pages.get(page_id)
    if page is None:
        page = pages[page_id] = PageView()
        if len(pages) > MAX_OPEN_PAGES:
            del pages[next(iter(pages))]
    return page


def page(profile: Profile, session: Session, event: Event) -> None:
    session.pages += 1
    session.page_category = session.page_product = ""
    profile.pages += 1
    week = profile.week
    weight = week.weight(event.at, WEEK_MS)
    week.sums[PAGES] += weight
    properties = event.properties
    if properties:
        product_viewed(profile, session, event)


def product_viewed(profile: Profile, session: Session, event: Event) -> None:
    properties = event.properties
    if key := product_id(properties):
        view_product(profile, session, event, key)
    if category := as_text(properties.get("category")):
        count_category_page(profile, session, category, event.at)


def product_list_viewed(profile: Profile, session: Session, event: Event) -> None:
    if category := as_text(event.properties.get("category")):
        count_category_page(profile, session, category, event.at)
