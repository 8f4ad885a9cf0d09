"""How are drafts changed? Campaigns, goals, rules, treatments, creatives, placements and themes: each verb is one
transaction, with its entry in the change log. Nothing here reaches visitors before it is published."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from django.db import transaction

import segments.editing
from campaigns import priority, tasks
from campaigns.content import Picture, Theme
from campaigns.content_forms import PictureForm, ThemeForm, VariantForm
from campaigns.copying import copy_campaign, copy_rule, copy_variant
from campaigns.forms import CampaignForm, GoalForm, RuleForm
from campaigns.group_forms import GroupForm
from campaigns.models import AdVariant, Arm, Campaign, ExclusionGroup, Goal, Placement, Rule, Treatment
from campaigns.phases import begin_phase, shares_of
from campaigns.pictures.reaching import names_host
from campaigns.placement_forms import PlacementForm
from campaigns.splitting import new_split
from sites.editing import Needed, delete_row, for_update, save_row, set_value
from sites.pages.copying import LONGEST_NAME, free_key
from sites.pages.history import Actor, Fields, differences, record

Row = Campaign | Goal | Rule | AdVariant | Placement | Treatment | Arm | Theme | Picture | ExclusionGroup
Copied = TypeVar("Copied", Campaign, Rule, AdVariant)

# The change log speaks the words of these. The others have no form but the admin's.
FORMS: dict[type, Any] = {
    Campaign: CampaignForm,
    Goal: GoalForm,
    Rule: RuleForm,
    AdVariant: VariantForm,
    Placement: PlacementForm,
    Theme: ThemeForm,
    Picture: PictureForm,
    ExclusionGroup: GroupForm,
}


@transaction.atomic
def save(row: Row, by: Actor) -> None:
    if isinstance(row, Campaign) and row.pk is None and row.created_by_id is None:
        row.created_by_id = by.user.pk if by.user else None
    if isinstance(row, AdVariant):
        row.picture_fault = ""  # of another address, perhaps
        if names_host(row.image_url):  # asked by a worker: nobody waits for another machine
            transaction.on_commit(lambda: tasks.check_picture.delay(row.pk), robust=True)
    save_row(row, by, partial(_fields_of, row))


@transaction.atomic
def delete(row: Row, by: Actor) -> None:
    """A campaign goes with its rules. Raises RestrictedError where a campaign, rule or placement needs the row."""
    if isinstance(row, Rule):  # told where it was: nobody looks at the history of a rule that is gone
        record(by, row.campaign, f"Deleted rule “{row}”.")
        row.delete()
    else:
        delete_row(row, by)


@transaction.atomic
def pursue(campaign: Campaign, event: str, by: Actor) -> None:
    """Saves the campaign with the goal that counts every event of this name; where the site has none, with a new one,
    worth what the event says."""
    found = Goal.objects.filter(site=campaign.site_id, event=event, condition={}).first()
    if found is None:
        key = free_key(event, set(campaign.site.goals.values_list("key", flat=True)))
        name = event[:LONGEST_NAME]
        found = Goal(site=campaign.site, key=key, name=name, event=event, value_kind=Goal.Value.OF_EVENT)
        save(found, by)
    campaign.goal = found
    save(campaign, by)


@transaction.atomic
def save_treatment(treatment: Treatment, arms: Iterable[Mapping[str, Any]], by: Actor) -> None:
    """With all of its arms, each a key, a variant (None: the control) and a weight: those that are not named are gone.
    One entry tells of both, and of the phase that begins where visitors drew by other shares already. Expects that they
    were validated."""
    stored = for_update(treatment)
    before, drawn_by = _arms_in_words(treatment) if stored else "", shares_of(stored) if stored else None
    if stored and treatment.seed != stored.seed:
        treatment.generation = stored.generation + 1
    treatment.save()
    treatment.arms.all().delete()
    Arm.objects.bulk_create([Arm(treatment=treatment, **arm) for arm in arms])
    now, anew = _arms_in_words(treatment), ""
    if stored and drawn_by != shares_of(treatment) and begin_phase(treatment):
        anew = f" Phase {treatment.phase} begins with the next publication."
    if stored is None:
        record(by, treatment, f"Added, with {now}.", created=True)
    elif before == now:
        record(by, treatment, differences(stored, treatment) + anew)
    else:
        record(by, treatment, f"{differences(stored, treatment)} Arms: {now}; before {before}.{anew}")


def _arms_in_words(treatment: Treatment) -> str:
    arms = treatment.arms.select_related("variant").order_by("id")
    if treatment.kind == Treatment.Kind.HOLDOUT:
        return ", ".join(f"{arm.key} {arm.weight / 10:g} %" for arm in arms) or "no arms"
    return ", ".join(f"{arm.key} {_shown_by(arm)} with weight {arm.weight}" for arm in arms) or "no arms"


def _shown_by(arm: Arm) -> str:
    return f"“{arm.setting}”" if arm.setting else f"“{arm.variant or 'control'}”"


@transaction.atomic
def split(rule: Rule, shares: Sequence[tuple[AdVariant | None, int]], by: Actor) -> None:
    """Saves the rule with a treatment of its own, which draws among these variants instead of showing one."""
    rule.treatment, rule.variant = new_split(rule, shares), None
    record(by, rule.treatment, f"Added, with {_arms_in_words(rule.treatment)}.", created=True)
    save(rule, by)


@transaction.atomic
def save_rule(rule: Rule, shares: Sequence[tuple[AdVariant | None, int]], by: Actor) -> None:
    """With the segment and the creative that were made along with it; `shares` as `split` takes them, empty where it
    shows one."""
    if rule.segment and rule.segment.pk is None:
        segments.editing.save(rule.segment, by)
    if rule.variant and rule.variant.pk is None:
        save(rule.variant, by)
    if shares:
        split(rule, shares, by)
    else:
        save(rule, by)


def set_status(campaign: Campaign, status: str, by: Actor) -> None:
    set_value(campaign, "status", status, by, f"Status set to {Campaign.Status(status).label}.")


def set_enabled(rule: Rule, enabled: bool, by: Actor) -> None:
    set_value(rule, "enabled", enabled, by, "Resumed." if enabled else "Paused.")


@transaction.atomic
def move(rule: Rule, before: Rule | None, by: Actor) -> None:
    """Puts the rule directly above another one, or last. Others may have to make room: each has its own entry."""
    for moved in priority.move(rule, before):
        record(by, moved, f"Priority set to {moved.priority}.")


def set_archived(variant: AdVariant, archived: bool, by: Actor) -> None:
    """Out of the choices of rules, or back into them. Raises Needed."""
    if archived and (fault := variant.archive_fault()):
        raise Needed(fault)
    set_value(variant, "archived", archived, by, "Archived." if archived else "Brought back.")


@transaction.atomic
def duplicate_campaign(campaign: Campaign, by: Actor) -> Campaign:
    return _record_copy(campaign, copy_campaign(campaign, by.user), by)


@transaction.atomic
def duplicate_rule(rule: Rule, by: Actor) -> Rule:
    return _record_copy(rule, copy_rule(rule), by)


@transaction.atomic
def duplicate_variant(variant: AdVariant, by: Actor) -> AdVariant:
    return _record_copy(variant, copy_variant(variant), by)


def _record_copy(row: Copied, fresh: Copied, by: Actor) -> Copied:
    record(by, fresh, f"Duplicated from “{row}”.", created=True)
    return fresh


def _fields_of(row: Row) -> Fields:
    if isinstance(row, Treatment | Arm):  # the admin's own forms
        return {}
    site = row.campaign.site if isinstance(row, Rule) else row.site
    return FORMS[type(row)](instance=row, site=site).fields
