"""Where can one go? The sidebar of the shell: our pages first, then the tables behind them."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

# group -> (title, name of the URL, icon, permission)
GROUPS = {
    "": [
        ("Home", "home", "home", ""),
        ("Visitors", "visitors", "group", "tracking.view_visitor"),
        ("Segments", "segments", "category", "segments.view_segment"),
        ("Campaigns", "campaigns", "campaign", "campaigns.view_campaign"),
        ("Install", "install", "integration_instructions", "sites.view_site"),
    ],
    "Content": [
        ("Catalogue", "admin:recommendations_item_changelist", "inventory_2", "recommendations.view_item"),
        ("Placements", "admin:campaigns_placement_changelist", "dashboard", "campaigns.view_placement"),
        ("Creatives", "creatives", "palette", "campaigns.view_advariant"),
        ("Pictures", "pictures", "image", "campaigns.view_picture"),
        ("Theme", "theme", "format_paint", "campaigns.view_theme"),
        ("Treatments", "admin:campaigns_treatment_changelist", "alt_route", "campaigns.view_treatment"),
    ],
    "Settings": [
        ("Sites", "admin:sites_site_changelist", "language", "sites.view_site"),
        ("API tokens", "admin:personalization_apitoken_changelist", "key", "personalization.view_apitoken"),
        ("Users", "admin:auth_user_changelist", "manage_accounts", "auth.view_user"),
        ("Change log", "admin:admin_logentry_changelist", "history", "admin.view_logentry"),
    ],
}


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    return [
        {"title": title, "separator": bool(title), "items": [_item(request, *entry) for entry in entries]}
        for title, entries in GROUPS.items()
    ]


def environment(_request: HttpRequest) -> list[str] | None:
    """The label in the header; production needs none."""
    return {"development": ["Development", "info"], "test": ["Test", "warning"]}.get(settings.SEGUE_ENV)


def _item(request: HttpRequest, title: str, url_name: str, icon: str, permission: str) -> dict[str, Any]:
    link = reverse(url_name)
    return {
        "title": title,
        "link": link,
        "icon": icon,
        "active": request.path == link if url_name == "home" else request.path.startswith(link),
        "permission": lambda _request: not permission or request.user.has_perm(permission),
    }
