"""Who may do what? Four roles as groups of permissions, made after each migration."""

from typing import Any

from django.contrib.auth.models import Group, Permission, User
from django.db.models import Prefetch, Q, QuerySet

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
    content_type__app_label__in=OURS, codename__in=("add_trainingrun", "add_policyevaluation")
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
        " asks for trainings, and what other policies would have brought."
    ),
    PUBLISHER: "What an editor may; publishes and rolls back.",
    ADMINISTRATOR: "Everything: sites, people, API tokens and the tables too.",
}
# What somebody may do in words, each with a permission that tells.
ABILITIES = {
    "Look at campaigns, results and visitors": "campaigns.view_campaign",
    "Edit drafts, and ask for approval": "campaigns.change_campaign",
    "Ask for trainings": "segments.add_trainingrun",
    "Launch, stop, approve, publish and roll back": "campaigns.publish_release",
    "Sites": "sites.change_site",
    "API tokens": "personalization.add_apitoken",
    "People and their roles": "auth.change_user",
}


def role_of(person: User) -> str:
    """The one that may most of the roles here, else a group of another name; empty: none. What `createsuperuser` makes
    is an administrator. No query where the groups are there already."""
    names = [group.name for group in person.groups.all()]
    if person.is_superuser or ADMINISTRATOR in names:
        return ADMINISTRATOR
    ours = [name for name in ROLES if name in names]
    return ours[-1] if ours else min(names, default="")


def in_order() -> dict[str, set[str]]:
    """Each role with the permissions ("app.codename") that it holds: the four from least to most, then groups that
    somebody made."""
    held: dict[str, set[str]] = {name: set() for name in ROLES}
    permissions = Prefetch("permissions", Permission.objects.select_related("content_type"))
    for group in Group.objects.prefetch_related(permissions).order_by("name"):
        held[group.name] = {f"{each.content_type.app_label}.{each.codename}" for each in group.permissions.all()}
    return held


def administrators() -> QuerySet[User]:
    """Those who may log in."""
    able = User.objects.filter(is_active=True, is_staff=True)
    return able.filter(Q(is_superuser=True) | Q(groups__name=ADMINISTRATOR)).distinct()


def is_last_administrator(person: User) -> bool:
    """Whether nobody could let people in without this one, as it is stored."""
    return list(administrators().order_by("id")[:2]) == [person]


def ensure_roles(**_signal: Any) -> None:
    """Makes the groups, or gives them the permissions of this version. Groups of other names are left alone."""
    for name, which in ROLES.items():
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.set(Permission.objects.filter(which))
