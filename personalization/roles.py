"""Who may do what? Four roles as groups of permissions, made after each migration."""

from typing import Any

from django.contrib.auth.models import Group, Permission
from django.db.models import Q

VIEWER, EDITOR, PUBLISHER, ADMINISTRATOR = "viewer", "editor", "publisher", "administrator"

OURS = ["sites", "tracking", "segments", "recommendations", "campaigns", "personalization"]
SEEN_BY_ALL = Q(content_type__app_label__in=OURS, codename__startswith="view_") & ~Q(codename="view_apitoken")
DRAFTS = [
    "campaign",
    "goal",
    "rule",
    "treatment",
    "arm",
    "advariant",
    "theme",
    "picture",
    "coupon",
    "placement",
    "segment",
    "item",
]
EDITED = Q(content_type__app_label__in=OURS, content_type__model__in=DRAFTS) | Q(
    content_type__app_label="segments", codename="add_trainingrun"
)
PUBLISHED = Q(content_type__app_label="campaigns", codename="publish_release")

ROLES = {
    VIEWER: SEEN_BY_ALL,
    EDITOR: SEEN_BY_ALL | EDITED,
    PUBLISHER: SEEN_BY_ALL | EDITED | PUBLISHED,
    ADMINISTRATOR: Q(),
}
SENTENCES = {
    VIEWER: "Looks at everything but API tokens and people.",
    EDITOR: (
        "Edits drafts: campaigns, goals, rules, creatives, coupons, placements, segments, catalogue;"
        " asks for trainings."
    ),
    PUBLISHER: "What an editor may; publishes and rolls back.",
    ADMINISTRATOR: "Everything: sites, people, API tokens and the tables too.",
}


def ensure_roles(**_signal: Any) -> None:
    """Makes the groups, or gives them the permissions of this version. Groups of other names are left alone."""
    for name, which in ROLES.items():
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.set(Permission.objects.filter(which))
