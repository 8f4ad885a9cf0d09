"""Where can one go? The one table of pages: the sidebar, Settings, the search and the help of each page read it.

A new page is one row. A group appears with its first row; more than five rows in one ask for another arrangement.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.http import HttpRequest
from django.urls import get_script_prefix, reverse


class Page(NamedTuple):
    title: str
    url_name: str
    icon: str
    permission: str  # empty: all staff
    sentence: str  # what somebody does there
    help: str = "pages"  # the page of docs/ about it, perhaps with a heading: "pages#goals"
    beneath: tuple[str, ...] = ()  # further addresses, by name or by path: what begins with one belongs to this page


HOME = Page("Home", "home", "home", "", "What is going on, and what needs attention.")
SETTINGS = Page("Settings", "settings", "settings", "", "Sites, people, API, health and the change log.")
HELP = Page("Help", "help", "help", "", "How to do things here, and why they are so.")
ACCOUNT = Page("Your account", "account", "person", "", "Your name, e-mail and password.", "pages#people")
SETTINGS_GROUP = "Settings"
# What the search leads to besides: pages that no menu has, because lists do.
MAKING = [
    Page(
        "New campaign",
        "campaign-new",
        "campaign",
        "campaigns.add_campaign",
        "In three steps: whom, what and where, when.",
    ),
    Page("New segment", "segment-new", "category", "segments.add_segment", "Visitors, by a condition."),
    Page("New creative", "variant-new", "palette", "campaigns.add_advariant", "What visitors are shown."),
]

GROUPS: dict[str, list[Page]] = {
    "Audiences": [
        Page("Segments", "segments", "category", "segments.view_segment",
             "Sets of visitors, by condition.", "conditions"),
        Page("Clusters", "clusters", "bubble_chart", "segments.view_modelversion",
             "Groups of visitors that a model found.", "clusters", ("features",)),
        Page("Visitors", "visitors", "group", "tracking.view_visitor",
             "Find a visitor, and see why they saw what they saw."),
    ],
    "Campaigns": [
        Page("All campaigns", "campaigns", "campaign", "campaigns.view_campaign",
             "What is shown to whom, and who wins."),
        Page("Goals", "goals", "flag", "campaigns.view_goal",
             "What counts as success, and what it is worth.", "pages#goals"),
        Page("Experiments", "treatments", "science", "campaigns.view_treatment",
             "What divides visitors, and what each says: A/B tests, bandits, holdouts.", "experiments",
             ("/bandits/", "/treatments/", "past-traffic")),
        Page("Holdouts and groups", "holdouts", "group_off", "campaigns.view_treatment",
             "Visitors who do without campaigns, and experiments that exclude each other.",
             "decide#set-by-hand-held-out-kept-apart", ("/campaigns/groups/",)),
    ],
    "Content": [
        Page("Creatives", "creatives", "palette", "campaigns.view_advariant",
             "What visitors are shown, as they see it.", "creatives",
             ("/campaigns/variants/", "/admin/campaigns/advariant/")),
        Page("Pictures", "pictures", "image", "campaigns.view_picture",
             "Upload pictures, name them, see where they are shown.", "creatives#pictures"),
        Page("Coupons", "coupons", "sell", "campaigns.view_coupon",
             "Codes that take something off an order, and what they brought.", "coupons"),
        Page("Catalogue", "items", "inventory_2", "recommendations.view_item",
             "The products of the shop, and what each sells."),
        Page("Placements", "placements", "dashboard", "campaigns.view_placement",
             "Spots on the site that can be filled.", "decide"),
    ],
    "Insight": [
        Page("Results", "results", "monitoring", "campaigns.view_campaign",
             "What each campaign, rule, creative, placement and segment brought."),
        Page("Funnels", "funnels", "filter_alt", "tracking.view_event",
             "How far visitors come, step by step, of any events you choose.", "results#funnels"),
        Page("Live events", "live", "stream", "tracking.view_visitor",
             "What arrives and is decided this second.", "pages"),
    ],
    SETTINGS_GROUP: [
        Page("Sites", "sites", "language", "sites.view_site",
             "Each web property: its keys, currency, consent and hosts.", "tracker", ("admin:sites_site_changelist",)),
        Page("Theme", "theme", "format_paint", "campaigns.view_theme",
             "Fonts, corners and colours of all creatives.", "creatives#theme"),
        Page("Install", "install", "integration_instructions", "sites.view_site",
             "The tag for the site, and whether events arrive.", "tracker"),
        Page("People and roles", "people", "manage_accounts", "auth.view_user", "Who may log in, and what each may do.",
             "pages#roles", ("admin:auth_user_changelist", "admin:auth_group_changelist")),
        Page("API and tokens", "tokens", "key", "personalization.view_apitoken",
             "Secrets for programs, and how to call Segue.", "api", ("admin:personalization_apitoken_changelist",)),
        Page("API reference", "api-docs", "api", "",
             "Every call of the management API, with its fields.", "api"),
        Page("Health", "health", "monitor_heart", "tracking.view_event",
             "Events a second, freshness, jobs, stores and disk.", "operating#what-to-watch"),
        Page("Change log", "changes", "history", "admin.view_logentry",
             "Who changed what, and when.", "pages#roles"),
        Page("Tables", "tables", "table_rows", "auth.view_user",
             "Every row behind these pages, as it is stored.", "operating", ("admin:index",)),
    ],
}  # fmt: skip


def pages() -> Iterator[Page]:
    yield HOME
    for group in GROUPS.values():
        yield from group
    yield from (SETTINGS, HELP, ACCOUNT)


def pages_for(user: Any) -> list[Page]:
    return [page for page in pages() if may_open(user, page)]


def may_open(user: Any, page: Page) -> bool:
    return not page.permission or user.has_perm(page.permission)


def current(path: str) -> Page | None:
    """The page that an address belongs to: the one whose own address is the longest beginning of it."""
    found, longest = None, 0
    for page in pages():
        for name in (page.url_name, *page.beneath):
            address = get_script_prefix() + name[1:] if name.startswith("/") else reverse(name)
            fits = path == address if page is HOME else path.startswith(address)
            if fits and len(address) > longest:
                found, longest = page, len(address)
    return found


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    here = current(request.path)
    of_settings = [page for page in GROUPS[SETTINGS_GROUP] if may_open(request.user, page)]
    groups = [("", [HOME])]
    groups += [(title, group) for title, group in GROUPS.items() if title != SETTINGS_GROUP]
    groups += [("", [SETTINGS])]
    return [
        {
            "title": title,
            "separator": group == [SETTINGS],
            "items": [
                _item(request, page, is_active=page is here or (page is SETTINGS and here in of_settings))
                for page in group
            ],
        }
        for title, group in groups
    ]


def _item(request: HttpRequest, page: Page, *, is_active: bool) -> dict[str, Any]:
    return {
        "title": page.title,
        "link": reverse(page.url_name),
        "icon": page.icon,
        "active": is_active,
        "permission": lambda _request: may_open(request.user, page),
    }
