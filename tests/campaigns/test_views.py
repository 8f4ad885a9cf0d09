"""Drafts, their order and their release, as editors and publishers work on them."""

import html
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from campaigns import kept_review
from campaigns.drafts import read_draft
from campaigns.models import AdVariant, Campaign, Goal, Placement, Release, Rule
from campaigns.priority import master_list
from campaigns.publish import publish
from campaigns.standings import Standings
from campaigns.validation import validate
from sites.times import ms_of
from tests import factories
from tests.answers import text_of
from tests.goals import make_goal
from tracking.models import EventRollup

COLOURS = {"template": "hero", "background": "#000000", "foreground": "#ffffff"}
ROWS = {
    "condition-mode": "rows",
    "condition-attribute": "feature.cart_value",
    "condition-operator": "$gt",
    "condition-value": "50",
}


@pytest.fixture
def drafts(site):
    variant = AdVariant.objects.create(site=site, key="sale", name="Sale", headline="Sale")
    placement = Placement.objects.create(site=site, key="hero", name="Hero", default_variant=variant)
    Placement.objects.create(site=site, key="bar", name="Bar", default_variant=variant)
    campaign = Campaign.objects.create(site=site, key="autumn", name="Autumn", status="live")
    for priority, name in ((800, "First"), (799, "Second"), (100, "Third")):
        Rule.objects.create(campaign=campaign, placement=placement, name=name, variant=variant, priority=priority)
    return site


def log_in(client, role: str):
    client.force_login(factories.make_user(role))
    return client


def names(site) -> list[str]:
    return [rule.name for rule in master_list(site)]


# --- who may ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "least"),
    [
        ("/campaigns/new/", "editor"),
        ("/campaigns/c/autumn/rules/new/", "editor"),
        ("/campaigns/variants/new/", "editor"),
        ("/campaigns/goals/", "viewer"),
        ("/campaigns/goals/new/", "editor"),
        ("/campaigns/releases/1/roll-back/", "publisher"),
    ],
)
def test_a_role_reaches_what_it_may(client, drafts, address, least):
    publish(drafts, factories.make_user("publisher"))
    roles = ["viewer", "editor", "publisher", "administrator"]

    statuses = [log_in(client, role).get(address).status_code for role in roles]

    assert statuses == [403 if i < roles.index(least) else 200 for i in range(4)]


def test_a_viewer_may_look_at_a_form_but_not_save_it(client, drafts):
    answer = log_in(client, "viewer").post(
        "/campaigns/c/autumn/traffic/", {"name": "Mine", "key": "autumn", "event": "x", "status": "live"}
    )

    assert "Your role may look at this, not change it." in text_of(answer)
    assert Campaign.objects.get().name == "Autumn"


@pytest.mark.parametrize(
    "address",
    [
        "/campaigns/status",
        "/campaigns/rules/{rule}/move",
        "/campaigns/rules/{rule}/enabled",
        "/campaigns/rules/{rule}/delete",
    ],
)
def test_a_viewer_changes_nothing(client, drafts, address):
    answer = log_in(client, "viewer").post(
        address.format(rule=Rule.objects.first().pk), {"status": "paused", "direction": "down", "enabled": "false"}
    )

    assert answer.status_code == 403
    assert names(drafts) == ["First", "Second", "Third"]


def test_an_editor_does_not_publish(client, drafts):
    assert log_in(client, "editor").post("/campaigns/releases/publish").status_code == 403
    assert not Release.objects.exists()


# --- order -----------------------------------------------------------------------------------------


def move(client, site, name: str, **asked):
    return client.post(f"/campaigns/rules/{Rule.objects.get(name=name).pk}/move", asked)


@pytest.mark.parametrize(
    ("name", "direction", "order"),
    [
        ("Third", "up", ["First", "Third", "Second"]),
        ("First", "down", ["Second", "First", "Third"]),
        ("First", "up", ["First", "Second", "Third"]),
        ("Third", "down", ["First", "Second", "Third"]),
    ],
)
def test_a_button_moves_a_rule_by_one(client, drafts, name, direction, order):
    answer = move(log_in(client, "editor"), drafts, name, direction=direction)

    assert (answer.status_code, answer.url) == (302, "/campaigns/")
    assert names(drafts) == order


def test_a_rule_is_dropped_above_another_or_at_the_end(client, drafts):
    log_in(client, "editor")
    move(client, drafts, "Third", before=Rule.objects.get(name="First").pk)
    assert names(drafts) == ["Third", "First", "Second"]

    move(client, drafts, "Third", before="")
    assert names(drafts) == ["First", "Second", "Third"]


def test_a_move_with_room_changes_one_priority_and_is_in_the_audit_log(client, drafts):
    move(log_in(client, "editor"), drafts, "First", before=Rule.objects.get(name="Third").pk)

    assert list(Rule.objects.order_by("name").values_list("name", "priority")) == [
        ("First", 449),
        ("Second", 799),
        ("Third", 100),
    ]
    assert LogEntry.objects.get().change_message == "Priority set to 449."


def test_a_move_within_one_placement_passes_over_the_others(client, drafts):
    Rule.objects.filter(name="Second").update(placement=Placement.objects.get(key="bar"))

    answer = move(log_in(client, "editor"), drafts, "Third", direction="up", placement="hero")

    assert answer.url == "/campaigns/?placement=hero"
    assert names(drafts) == ["Third", "First", "Second"]


def test_a_move_among_the_rules_found_passes_over_the_others(client, drafts):
    Rule.objects.filter(name="First").update(name="First of May")
    Rule.objects.filter(name="Third").update(name="Third of May")

    answer = move(log_in(client, "editor"), drafts, "Third of May", direction="up", rule="of may")

    assert answer.url == "/campaigns/?rule=of+may"
    assert names(drafts) == ["Third of May", "First of May", "Second"]


def test_a_rule_of_another_site_cannot_be_moved(client, drafts):
    other = factories.make_site(name="Other", domain="other.example", write_key="wk_other")
    log_in(client, "editor")

    assert (
        client.post(
            f"/site/{other.pk}/campaigns/rules/{Rule.objects.get(name='Third').pk}/move", {"direction": "up"}
        ).status_code
        == 404
    )


# --- drafts ----------------------------------------------------------------------------------------


def rule_fields(**fields) -> dict:
    chosen = {"placement": Placement.objects.get(key="hero").pk, "variant": AdVariant.objects.get().pk}
    return {"name": "Rich carts", "priority": "500", "enabled": "on"} | chosen | ROWS | fields


def test_a_rule_is_made_from_rows(client, drafts):
    answer = log_in(client, "editor").post("/campaigns/c/autumn/rules/new/", rule_fields())

    assert answer.status_code == 302
    assert Rule.objects.get(name="Rich carts").condition == {"feature.cart_value": {"$gt": 5000}}


def test_a_row_that_does_not_fit_is_named_and_nothing_is_saved(client, drafts):
    page = text_of(
        log_in(client, "editor").post("/campaigns/c/autumn/rules/new/", rule_fields(**{"condition-value": "much"}))
    )

    assert "Row 1: “much” is not an amount." in page
    assert Rule.objects.count() == 3


def test_the_form_of_a_rule_says_between_which_it_stands(client, drafts):
    first, second, third = master_list(drafts)
    log_in(client, "viewer")

    pages = [text_of(client.get(f"/campaigns/rules/{row.pk}/")) for row in (first, second, third)]
    new = text_of(log_in(client, "editor").get("/campaigns/c/autumn/rules/new/"))

    assert f'first, above <a href="/campaigns/rules/{second.pk}/">{second.name}</a> ({second.priority}).' in pages[0]
    assert f'it stands between <a href="/campaigns/rules/{first.pk}/">{first.name}</a> ({first.priority})' in pages[1]
    assert f'last, below <a href="/campaigns/rules/{second.pk}/">' in pages[2]
    assert "With 500, among the rules of all placements, it would stand" in new and "?placement=" in pages[1]


def test_a_row_is_added_without_scripts_and_what_was_typed_stays(client, drafts):
    page = text_of(
        log_in(client, "editor").post("/campaigns/c/autumn/rules/new/", rule_fields(do="add", name="Half typed"))
    )

    assert page.count('name="condition-attribute"') == 2
    assert 'value="Half typed"' in page
    assert Rule.objects.count() == 3


def test_an_end_before_the_start_is_refused_in_words(client, drafts):
    page = text_of(
        log_in(client, "editor").post(
            "/campaigns/c/autumn/rules/new/", rule_fields(starts_at="2026-02-01T00:00", ends_at="2026-01-01T00:00")
        )
    )

    assert "It must end after it starts." in page


def test_a_key_is_taken_only_once_in_a_site(client, drafts):
    page = text_of(
        log_in(client, "editor").post(
            "/campaigns/new/", {"name": "Again", "key": "autumn", "event": "Order Completed", "status": "draft"}
        )
    )

    assert "This key is taken." in page


def test_pausing_a_campaign_is_told_and_logged(client, drafts):
    answer = log_in(client, "editor").post("/campaigns/status", {"status": "paused", "campaign": "autumn"}, follow=True)

    assert "“Autumn” is now paused in the draft." in text_of(answer)
    standings = Standings(drafts, timezone.now())
    assert {standings.of_rule(rule).state for rule in master_list(drafts)} == {"paused"}
    assert LogEntry.objects.get().change_message == "Status set to Paused."


def test_campaigns_that_are_ticked_change_together(client, drafts):
    for key in ("winter", "spring"):
        Campaign.objects.create(site=drafts, key=key, name=key.title(), status="paused")
    other = factories.make_site(name="Other", domain="other.example", write_key="wk_other")
    Campaign.objects.create(site=other, key="winter", name="Theirs", status="live")

    log_in(client, "editor")
    page = text_of(
        client.post("/campaigns/status", {"status": "archived", "campaign": ["winter", "spring"]}, follow=True)
    )
    nothing = text_of(client.post("/campaigns/status", {"status": "archived"}, follow=True))

    assert "“Spring”, “Winter” are now archived in the draft." in page
    assert "Nothing changed" in nothing
    assert list(Campaign.objects.filter(status="archived").values_list("name", flat=True)) == ["Spring", "Winter"]
    assert LogEntry.objects.count() == 2


def test_an_unknown_status_is_refused_by_name(client, drafts):
    answer = log_in(client, "editor").post("/campaigns/status", {"status": "burning"})

    assert answer.status_code == 400
    assert "status: 'burning' is not one of" in text_of(answer)


def test_a_variant_is_refused_for_what_publishing_would_refuse(client, drafts):
    fields = {
        "name": "Bad",
        "key": "bad",
        "template": "hero",
        "headline": "{item.colour}",
        "link": "javascript:alert(1)",
        "background": "#000000",
        "foreground": "#ffffff",
    }

    page = text_of(log_in(client, "editor").post("/campaigns/variants/new/", fields))

    assert "{item.colour} is unknown." in page
    assert "Use an address that begins with https://" in page
    assert not AdVariant.objects.filter(key="bad").exists()


def test_a_preview_is_sandboxed_harmless_and_saves_nothing(client, drafts):
    fields = {
        "seen": "2026-01-01T00:00:00+00:00",
        "name": "New",
        "key": "new",
        "template": "hero",
        "headline": "Hi",
        "body": "<script>alert(1)</script><b>bold</b>",
        "background": "#000000",
        "foreground": "#ffffff",
    }

    fragment = text_of(log_in(client, "editor").post("/campaigns/variants/preview", fields, HTTP_HX_REQUEST="true"))

    assert 'id="preview"' in fragment
    assert "while you were editing" not in fragment
    assert "Body: &lt;script&gt; is not allowed." in fragment
    assert " sandbox srcdoc=" in fragment
    assert "&lt;b&gt;bold&lt;/b&gt;" in fragment
    assert "alert(1)" not in fragment
    assert AdVariant.objects.count() == 1


def test_a_variant_is_archived_once_nothing_shows_it_and_brought_back(client, drafts):
    AdVariant.objects.create(site=drafts, key="spare", name="Spare")
    log_in(client, "editor")

    refused = text_of(client.post("/campaigns/variants/sale/archive", follow=True))
    client.post("/campaigns/variants/spare/archive")
    page = text_of(client.get("/campaigns/variants/spare/"))
    listed = text_of(client.get("/admin/campaigns/advariant/"))

    assert "It is needed: First, Second, Third, Bar, Hero." in refused
    assert "Bring back" in page
    assert "3 rules and 2 placements" in listed
    assert "Archived" in listed
    assert list(AdVariant.objects.filter(archived=True).values_list("key", flat=True)) == ["spare"]

    client.post("/campaigns/variants/spare/archive", {"archived": "false"})
    assert not AdVariant.objects.filter(archived=True).exists()


def test_a_rule_without_anything_to_show_says_what_to_do_first(client, site):
    Campaign.objects.create(site=site, key="autumn", name="Autumn")

    assert "There is no creative to show yet." in text_of(
        log_in(client, "editor").get("/campaigns/c/autumn/rules/new/")
    )


# --- releases --------------------------------------------------------------------------------------


@pytest.fixture
def committing(drafts, transactional_db, valkey_server):
    return drafts


def test_publishing_shows_changes_goes_live_and_can_be_rolled_back(client, committing):
    log_in(client, "publisher")
    assert "Rule &#x27;First&#x27; is new" in text_of(client.get("/campaigns/releases/"))

    answer = client.post("/campaigns/releases/publish", {"note": "Go"})
    assert answer.url == "/campaigns/releases/1/"
    assert Release.objects.get(number=1).status == "live"

    Rule.objects.filter(name="First").update(priority=5)
    client.post("/campaigns/releases/publish")
    confirm = text_of(client.get("/campaigns/releases/1/roll-back/"))
    assert "priority 5 -&gt; 800" in confirm

    answer = client.post("/campaigns/releases/1/roll-back/")
    assert answer.url == "/campaigns/releases/3/"
    assert Release.objects.get(number=3).rolled_back_to.number == 1
    assert Rule.objects.get(name="First").priority == 5


def hidden_of(answer) -> dict[str, str]:
    """What the first form of a page whose button is pressed sends back."""
    return dict(re.findall(r'<input type="hidden" name="(version|live|prints)" value="([^"]*)">', text_of(answer)))


def everything_ticked(answer) -> dict[str, object]:
    page = text_of(answer)
    ticks = re.findall(r'<input type="checkbox" name="take" value="([^"]*)"', page)
    seen = re.findall(r'<input type="hidden" name="seen" value="([^"]*)"', page)
    return hidden_of(answer) | {"choose": "1", "take": ticks, "seen": seen}


def test_publishing_acts_on_what_the_page_showed(client, committing):
    """R11."""
    log_in(client, "publisher")
    looked_at = everything_ticked(client.get("/campaigns/releases/"))
    AdVariant.objects.update(headline="Half wri")  # a colleague
    Placement.objects.filter(key="bar").update(min_height=90)
    Rule.objects.filter(name="Third").delete()

    refused = client.post("/campaigns/releases/publish", looked_at | {"note": "Go"})
    page = text_of(refused)

    assert refused.status_code == 409
    assert not Release.objects.exists()
    assert "“Autumn” changed since you looked." in page
    assert 'name="note" value="Go"' in page
    assert "1 of the changes that you saw is gone." in page

    client.post("/campaigns/releases/publish", everything_ticked(refused))
    Placement.objects.filter(key="bar").update(min_height=120)
    AdVariant.objects.update(headline="Better")
    seen = everything_ticked(client.get("/campaigns/releases/"))
    AdVariant.objects.update(headline="Whole")
    page = text_of(client.post("/campaigns/releases/publish", seen))

    assert Release.objects.count() == 1
    assert (
        '<span class="s-badge warn">New since you looked</span> Creative &#x27;sale&#x27;: headline &#x27;Half wri&#x27;'
        " -&gt; &#x27;Whole&#x27;" in page
    )


def test_rolling_back_acts_on_what_the_page_showed(client, committing):
    """R11: what visitors would notice is told against the release that is live."""
    log_in(client, "publisher")
    for priority in (5, 6, 7):
        Rule.objects.filter(name="First").update(priority=priority)
        client.post("/campaigns/releases/publish")
    looked_at = hidden_of(client.get("/campaigns/releases/1/roll-back/"))
    client.post("/campaigns/releases/2/roll-back/")  # a colleague

    refused = client.post("/campaigns/releases/1/roll-back/", looked_at)

    assert refused.status_code == 409
    assert "Visitors have been seeing release 4 since you looked." in text_of(refused)
    assert "New since you looked</span> Rule &#x27;First&#x27;: priority 6 -&gt; 5" in text_of(refused)
    assert Release.objects.get(status="live").number == 4

    assert client.post("/campaigns/releases/1/roll-back/", hidden_of(refused)).url == "/campaigns/releases/5/"


def test_publishing_a_faulty_draft_says_what_to_mend_and_where(client, committing):
    rule = Rule.objects.get(name="First")
    Rule.objects.filter(pk=rule.pk).update(condition={"feature.cart_value": {"$over": 1}})

    page = text_of(log_in(client, "publisher").get("/campaigns/releases/"))
    answer = client.post("/campaigns/releases/publish", follow=True)

    assert f'href="/campaigns/rules/{rule.pk}/"' in page
    assert 'value="campaign:' in page and "Must be mended" in page
    assert "Not published." in text_of(answer)
    assert not Release.objects.exists()


def test_progress_is_a_fragment_that_stops_asking_when_it_is_live(client, committing):
    publish(committing, factories.make_user("publisher"))
    release = Release.objects.get()
    log_in(client, "viewer")
    htmx = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "progress"}
    live = text_of(client.get("/campaigns/releases/1/", **htmx))
    Release.objects.filter(pk=release.pk).update(status="compiling", progress=40)
    compiling = text_of(client.get("/campaigns/releases/1/", **htmx))

    assert "hx-get" not in live
    assert 'hx-trigger="every 1s"' in compiling
    assert 'value="40"' in compiling


def test_a_release_waits_for_a_worker_and_says_so(client, committing, monkeypatch):
    def refuse(*ids):
        raise ConnectionError("no broker")

    monkeypatch.setattr("campaigns.tasks.compile_release.delay", refuse)
    log_in(client, "publisher")
    answer = client.post("/campaigns/releases/publish")
    Release.objects.update(created_at=timezone.now() - timedelta(seconds=10))

    assert answer.url == "/campaigns/releases/1/"
    assert "No worker has taken it up yet" in text_of(client.get(answer.url))
    review = text_of(client.get("/campaigns/releases/"))
    assert "This is on its way to visitors" in review
    assert 'action="/campaigns/releases/publish"' not in review
    assert "on the way to visitors" in text_of(client.get("/campaigns/"))

    Rule.objects.filter(name="First").update(priority=5)
    assert 'action="/campaigns/releases/publish"' in text_of(client.get("/campaigns/releases/"))


def test_a_release_note_with_nul_is_kept_without(client, drafts):
    """R25: as U+FFFD, for a browser can send it and nobody can see it."""
    answer = log_in(client, "publisher").post("/campaigns/releases/publish", {"note": "a\0b"})

    assert answer.status_code == 302
    assert Release.objects.get().note == "a\ufffdb"


@pytest.mark.parametrize(("address", "part"), [("/campaigns/", "unpublished"), ("/campaigns/releases/", "review")])
def test_a_page_of_a_draft_that_is_being_looked_over_says_so_and_looks_again(
    client, drafts, part, address, monkeypatch
):
    """With scripts by itself, without them by a link; what somebody else has changed cannot be published unseen."""
    log_in(client, "publisher").get(address)
    with monkeypatch.context() as nobody_works:
        nobody_works.setattr("campaigns.tasks.review_draft.delay", lambda site: None)
        Rule.objects.filter(name="First").update(name="Renamed")
        page = text_of(client.get(address))
        fragment = text_of(client.get(address, HTTP_HX_REQUEST="true", HTTP_HX_TARGET=part))

    for answer in (page, fragment):
        assert f'hx-get="{address}" hx-trigger="every 1s"' in answer
        assert f'<noscript><a href="{address}">Look again</a></noscript>' in answer
        assert "The draft has changed since and is being looked over again." in answer
        assert 'action="/campaigns/releases/publish"' not in answer
    assert "<html" not in fragment

    kept_review.refresh(drafts.pk)
    fresh = text_of(client.get(address, HTTP_HX_REQUEST="true", HTTP_HX_TARGET=part))
    assert f'id="{part}"' in fresh
    assert "hx-get" not in fresh
    assert "nothing has changed since" in fresh


def test_publishing_looks_at_the_draft_itself_not_at_what_was_kept(client, drafts, monkeypatch):
    log_in(client, "publisher").get("/campaigns/releases/")
    monkeypatch.setattr("campaigns.tasks.review_draft.delay", lambda site: None)
    Rule.objects.filter(name="First").update(condition={"feature.nothing": 1})

    answer = client.post("/campaigns/releases/publish", follow=True)

    assert "Not published." in text_of(answer)
    assert not Release.objects.exists()


def test_publishing_and_rolling_back_are_recorded_once(client, committing):
    log_in(client, "publisher").post("/campaigns/releases/publish")
    Rule.objects.filter(name="First").update(priority=5)
    client.post("/campaigns/releases/publish")
    client.post("/campaigns/releases/1/roll-back/")

    entries = LogEntry.objects.filter(content_type__model="release").order_by("id")
    assert list(entries.values_list("object_repr", "change_message", "user__username")) == [
        ("Release 1", "Published.", "paula"),
        ("Release 2", "Published.", "paula"),
        ("Release 3", "Rolled back to Release 1.", "paula"),
    ]


# --- goals -----------------------------------------------------------------------------------------

GOAL = {"name": "Calls", "event": "Called", "condition-mode": "json", "value_kind": "none", "window_days": "7"}


def test_a_goal_is_made_with_amounts_in_major_units(client, drafts):
    log_in(client, "editor").post(
        "/campaigns/goals/new/",
        GOAL
        | {"condition-mode": "rows", "condition-about": "event", "condition-attribute": "minutes"}
        | {"condition-operator": "$gt", "condition-value": "2", "value_kind": "fixed", "value_minor": "12.50"},
    )

    goal = Goal.objects.get()
    assert (goal.key, goal.event, goal.condition) == ("calls", "Called", {"minutes": {"$gt": 2}})
    assert (goal.value_kind, goal.value_minor, goal.window_days) == ("fixed", 1250, 7)
    assert 'value="12.50"' in text_of(client.get("/campaigns/goals/g/calls/"))


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"condition-json": "{"}, "This is not JSON"),
        ({"condition-json": '{"total": {"$near": 1}}'}, "total.$near: unknown operator"),
        ({"value_kind": "fixed"}, "Say what each is worth."),
        ({"value_minor": "12.345"}, "has a part smaller than a minor unit of EUR"),
        ({"value_minor": "-1"}, "greater than or equal to 0"),
        ({"value_kind": "property"}, "Name the property that says what it is worth."),
        ({"window_days": "91"}, "less than or equal to 90"),
        ({"event": ""}, "This field is required."),
    ],
)
def test_what_is_wrong_with_a_goal_is_told_at_its_field(client, drafts, typed, told):
    page = text_of(log_in(client, "editor").post("/campaigns/goals/new/", GOAL | typed))

    assert told in html.unescape(page)
    assert not Goal.objects.exists()


def test_a_field_that_cannot_be_read_is_not_said_to_be_empty_as_well(client, drafts):
    page = text_of(
        log_in(client, "editor").post("/campaigns/goals/new/", GOAL | {"value_kind": "fixed", "value_minor": "12,3x"})
    )

    assert "“12,3x” is not an amount." in html.unescape(page)
    assert "Say what each is worth." not in page


def test_a_button_of_a_goals_condition_works_without_scripts_and_keeps_what_was_typed(client, drafts):
    goal = make_goal(drafts, "Called")
    log_in(client, "editor")

    page = text_of(
        client.post(
            "/campaigns/goals/g/called/",
            GOAL | {"condition-mode": "rows", "condition-about": "event", "do": "add", "name": "Typed"},
        )
    )

    assert 'value="Typed"' in page and 'aria-label="Property, row 1"' in page
    goal.refresh_from_db()
    assert goal.name == "Called"


def test_a_campaign_chooses_a_goal_or_names_the_event_of_a_new_one(client, drafts):
    calls = make_goal(drafts, "Called")
    fields = {"name": "Autumn", "key": "autumn", "status": "live"}
    log_in(client, "editor")

    client.post("/campaigns/c/autumn/traffic/", fields | {"goal": calls.pk})
    assert Campaign.objects.get().goal == calls

    client.post("/campaigns/c/autumn/traffic/", fields | {"goal": calls.pk, "event": "Signed Up"})
    made = Campaign.objects.get().goal
    assert (made.event, made.key, made.value_kind, made.window_days) == ("Signed Up", "signed-up", "event", 7)

    client.post("/campaigns/c/autumn/traffic/", fields | {"event": "Called"})
    assert Campaign.objects.get().goal == calls
    assert Goal.objects.count() == 2


def test_a_new_campaign_offers_to_count_orders(client, drafts):
    log_in(client, "editor")
    without = client.get("/campaigns/new/").context["creation"].campaign
    make_goal(drafts, key="large", name="Large orders", condition={"total": {"$gt": 50}})
    orders = make_goal(drafts, key="orders", name="Orders")
    form = client.get("/campaigns/new/").context["creation"].campaign

    assert (without["goal"].value(), without["event"].value()) == (None, "Order Completed")
    assert (form["goal"].value(), form["event"].value()) == (orders.pk, None)


def test_a_goal_in_use_is_not_deleted_and_the_page_names_the_campaigns(client, drafts):
    calls = make_goal(drafts, "Called", name="Calls")
    Campaign.objects.update(goal=calls)
    log_in(client, "editor")

    page = text_of(client.get("/campaigns/goals/g/called/"))
    refused = text_of(client.post("/campaigns/goals/g/called/delete", follow=True))

    assert "Delete “Calls”" not in page
    assert "It is pursued by Autumn. Choose another goal there first." in refused
    assert Goal.objects.exists()

    Campaign.objects.update(goal=None)
    assert "Delete “Calls”" in text_of(client.get("/campaigns/goals/g/called/"))
    assert "Goal “Calls” is gone." in text_of(client.post("/campaigns/goals/g/called/delete", follow=True))
    assert not Goal.objects.exists()


def test_a_changed_goal_makes_the_draft_unpublished(client, drafts, django_capture_on_commit_callbacks):
    calls = make_goal(drafts, "Called")
    Rule.objects.create(
        campaign=Campaign.objects.get(),
        placement=Placement.objects.get(key="hero"),
        name="Any",
        variant=AdVariant.objects.get(),
    )
    Campaign.objects.update(goal=calls)
    with django_capture_on_commit_callbacks(execute=True):
        publish(drafts, factories.make_user("publisher"))
    log_in(client, "editor").post("/campaigns/goals/g/called/", GOAL | {"key": "called", "window_days": "30"})

    told = kept_review.keep(drafts).changes

    assert told == [
        "Goal 'called': each is worth nothing instead of what the event says",
        "Goal 'called': counts within 30 days instead of 7 days",
    ]


def test_a_campaign_without_a_goal_and_a_goal_with_a_fault_are_named_before_publishing(drafts):
    def told() -> list[tuple[str, str, bool]]:
        problems = kept_review.keep(drafts).problems
        return [
            (each["kind"], each["field"], each["is_error"])
            for each in problems
            if each["field"] in ("goal", "condition")
        ]

    assert told() == [("campaign", "goal", False)]

    Campaign.objects.update(goal=make_goal(drafts, "Called", condition={"a": {"$near": 1}}))
    assert told() == [("goal", "condition", True)]


# --- times by the clocks of the site -----------------------------------------------------------------


@pytest.fixture
def berlin(site):
    site.time_zone = "Europe/Berlin"
    site.save()
    return site


def test_a_schedule_is_typed_and_shown_by_the_clocks_of_the_site(client, berlin, drafts):
    log_in(client, "editor").post(
        "/campaigns/c/autumn/rules/new/",
        rule_fields(name="Friday", starts_at="2026-11-27T09:00", ends_at="2027-07-02T09:00"),
    )

    rule = Rule.objects.get(name="Friday")
    assert (rule.starts_at, rule.ends_at) == (
        datetime(2026, 11, 27, 8, tzinfo=UTC),
        datetime(2027, 7, 2, 7, tzinfo=UTC),
    )
    page = client.get(f"/campaigns/rules/{rule.pk}/").content.decode()
    assert "Starts (Europe/Berlin)" in page
    assert 'value="2026-11-27T09:00:00"' in page


def test_the_hour_that_comes_twice_is_asked_for_at_its_field_and_nothing_typed_is_lost(client, berlin, drafts):
    typed = rule_fields(name="Night", starts_at="2027-10-31T02:30", priority="123")
    refused = text_of(log_in(client, "editor").post("/campaigns/c/autumn/rules/new/", typed))

    assert "Clocks in Europe/Berlin show 02:30 twice that day" in refused
    assert 'value="2027-10-31T02:30"' in refused
    assert 'value="123"' in refused
    assert not Rule.objects.filter(name="Night").exists()

    client.post("/campaigns/c/autumn/rules/new/", typed | {"starts_at-meant": "2027-10-31T01:30:00+00:00"})
    assert Rule.objects.get(name="Night").starts_at == datetime(2027, 10, 31, 1, 30, tzinfo=UTC)


# --- hours of the week ---------------------------------------------------------------------------------


def test_hours_are_ticked_in_a_grid_and_told_in_words(client, berlin, drafts):
    log_in(client, "editor").post(
        "/campaigns/c/autumn/rules/new/",
        rule_fields(name="Lunch", hours=[f"{day}-{hour}" for day in range(5) for hour in (12, 13)]),
    )

    rule = Rule.objects.get(name="Lunch")
    assert rule.hours == "mon-fri 12-14"
    page = text_of(client.get(f"/campaigns/rules/{rule.pk}/"))
    assert "Mon to Fri 12:00 to 14:00" in page
    assert 'value="0-12" aria-label="Monday 12:00" checked' in page
    assert "Mon to Fri 12:00 to 14:00" in text_of(client.get("/campaigns/"))


def test_without_scripts_a_preset_comes_back_ticked_and_is_not_saved_yet(client, berlin, drafts):
    typed = rule_fields(name="Weekend") | {"hours-preset": "weekends"}
    shown = text_of(log_in(client, "editor").post("/campaigns/c/autumn/rules/new/", typed))

    assert "Ticked below: Weekends" in shown
    assert 'value="5-0" aria-label="Saturday 0:00" checked' in shown
    assert not Rule.objects.filter(name="Weekend").exists()


@pytest.mark.parametrize("cells", [["7-1"], ["1-24"], ["x"], ["", "--"]])
def test_a_cell_that_is_not_in_the_grid_is_no_hour(client, berlin, drafts, cells):
    log_in(client, "editor").post("/campaigns/c/autumn/rules/new/", rule_fields(name="Odd", hours=cells))

    assert Rule.objects.get(name="Odd").hours == ""


def test_the_review_tells_of_hours_and_dates_that_never_meet(berlin, drafts):
    rule = Rule.objects.filter(campaign__status="live", enabled=True).first()
    Rule.objects.filter(pk=rule.pk).update(
        hours="sat 9-12",
        starts_at=datetime(2026, 11, 27, 8, tzinfo=UTC),
        ends_at=datetime(2026, 11, 27, 18, tzinfo=UTC),
    )

    told = [str(problem.message) for problem in validate(read_draft(berlin), ms_of(datetime(2026, 11, 1, tzinfo=UTC)))]

    assert "Its hours (Sat 09:00 to 12:00) and its dates never meet, so it never runs." in told


# --- goals are chosen from events seen ---------------------------------------------------------------


def test_a_goal_offers_the_events_seen_and_says_which_was_not(client, site):
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    EventRollup.objects.create(site=site, grain="hour", at=hour, name="Order Completed", events=1234)
    page = text_of(log_in(client, "editor").get("/campaigns/goals/new/"))

    assert '<option value="Order Completed">1,234 in 30 days</option>' in page

    told = text_of(client.post("/campaigns/goals/new/", GOAL | {"event": "Orders Compleet"}, follow=True))
    assert "No event “Orders Compleet” was seen in the last 30 days. Did you mean “Order Completed”?" in told
    assert Goal.objects.get().event == "Orders Compleet"
