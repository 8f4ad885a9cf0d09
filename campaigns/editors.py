"""Whose changes are these? Who edited each thing of a draft, or something that it uses, since it was last published;
from the change log."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, Q

from campaigns.composing import CAMPAIGN, PLACEMENT, SEGMENT, Thing, campaigns_in, keys_in, thing
from campaigns.models import AdVariant, Arm, Campaign, Goal, Placement, Release, Rule, Treatment
from segments.models import Segment
from sites.models import Site
from sites.pages.history import read
from sites.times import EPOCH

Rows = dict[tuple[type[Model], int], set[Thing]]


class Editors(NamedTuple):
    names: list[str]  # the latest first
    users: frozenset[int]  # also those who stand behind a token or command


NOBODY = Editors([], frozenset())


def editors_of(site: Site, things: Collection[Thing]) -> dict[Thing, Editors]:
    """A query a table, one for the releases, and one for the entries."""
    since = _published(site, things)
    rows = _rows(site, set(things))
    wanted = Q(pk=None)
    for table in {table for table, _ in rows}:
        ids = [str(pk) for of, pk in rows if of is table]
        wanted |= Q(content_type=ContentType.objects.get_for_model(table), object_id__in=ids)
    entries = LogEntry.objects.filter(wanted).select_related("user", "content_type").order_by("-action_time", "-id")
    names: dict[Thing, list[str]] = defaultdict(list)
    users: dict[Thing, set[int]] = defaultdict(set)
    if all(since.values()):
        entries = entries.filter(action_time__gt=min(filter(None, since.values()), default=EPOCH))
    for entry in entries:
        changed = entry.content_type.model_class() if entry.content_type else None
        for name in rows.get((changed, int(entry.object_id or 0)), ()) if changed else ():
            if (begun := since[name]) and entry.action_time <= begun:
                continue
            users[name].add(entry.user_id)
            if (who := read(entry).who) not in names[name]:
                names[name].append(who)
    return {name: Editors(names[name], frozenset(users[name])) for name in names}


def _published(site: Site, things: Collection[Thing]) -> dict[Thing, datetime | None]:
    """When what visitors see of each was drafted: by the latest release that it was chosen for, of those whose content
    they see. A stop chooses nothing, and what a roll back took back counts no more."""
    releases = Release.objects.filter(site=site, live_at__isnull=False).order_by("-number")
    back = releases.filter(rolled_back_to__isnull=False).values_list("number", "rolled_back_to__number").first()
    if back:
        releases = releases.exclude(number__gt=back[1], number__lte=back[0])
    found: dict[Thing, datetime | None] = dict.fromkeys(things)
    left = set(things)
    for chosen, created_at in releases.exclude(stops=True).values_list("things", "created_at"):
        hit = left & set(chosen) if chosen else set(left)
        found |= dict.fromkeys(hit, created_at)
        left -= hit
        if not left:
            break
    return found


def _rows(site: Site, things: set[Thing]) -> Rows:
    """Each row with the things that it is a part of."""
    found: Rows = defaultdict(set)
    pks = campaigns_in(things)
    for pk, goal in Campaign.objects.filter(site=site, pk__in=pks).values_list("pk", "goal_id"):
        _add(found, thing(CAMPAIGN, pk), (Campaign, pk), (Goal, goal))
    drawing: dict[int, set[int]] = defaultdict(set)
    rules = Rule.objects.filter(campaign__in=pks).values_list("pk", "campaign_id", "variant_id", "treatment_id")
    for pk, campaign, variant, treatment in rules:
        _add(found, thing(CAMPAIGN, campaign), (Rule, pk), (AdVariant, variant), (Treatment, treatment))
        if treatment:
            drawing[treatment].add(campaign)
    for treatment, variant in Arm.objects.filter(treatment__in=drawing).values_list("treatment_id", "variant_id"):
        for campaign in drawing[treatment]:
            _add(found, thing(CAMPAIGN, campaign), (AdVariant, variant))
    for pk, key in Segment.objects.filter(site=site, key__in=keys_in(things, SEGMENT)).values_list("pk", "key"):
        _add(found, thing(SEGMENT, key), (Segment, pk))
    placements = Placement.objects.filter(site=site, key__in=keys_in(things, PLACEMENT))
    for pk, key, default in placements.values_list("pk", "key", "default_variant_id"):
        _add(found, thing(PLACEMENT, key), (Placement, pk), (AdVariant, default))
    return found


def _add(found: Rows, name: Thing, *rows: tuple[type[Model], int | None]) -> None:
    for table, pk in rows:
        if pk is not None:
            found[table, pk].add(name)
