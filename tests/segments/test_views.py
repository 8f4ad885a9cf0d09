"""Segments as marketers type them, and clusters as they train them."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone
from kombu.exceptions import OperationalError

from campaigns.models import AdVariant, Campaign, Placement, Rule
from segments import shipped
from segments.audience import Estimate, measure
from segments.models import KnownValue, ModelVersion, Segment, SegmentSize, TrainingRun
from tests import factories
from tests.answers import text_of
from tracking.models import EventRollup, Visitor

ROWS = {
    "condition-mode": "rows",
    "condition-attribute": "feature.cart_value",
    "condition-operator": "$gt",
    "condition-value": "50",
}
FIELDS = {"name": "Rich carts", "key": "rich-carts", "description": ""} | ROWS
FRAGMENT = {"HTTP_HX_REQUEST": "true"}


def log_in(client, role: str):
    client.force_login(factories.make_user(role))
    return client


@pytest.fixture
def segments(site):
    shipped.install(site, factories.TESTER)
    return site


def test_the_list_costs_the_same_for_many_segments(client, segments, django_assert_max_num_queries):
    now = timezone.now()
    SegmentSize.objects.bulk_create(
        SegmentSize(segment=segment, at=now - timedelta(days=day), visitors=10 + day, active=40)
        for segment in Segment.objects.all()
        for day in range(5)
    )
    log_in(client, "viewer")
    with django_assert_max_num_queries(12):
        page = text_of(client.get("/segments/"))

    assert "Category Explorer" in page
    assert "25.0 %" in page


def test_an_empty_list_says_what_to_do(client, site):
    page = text_of(log_in(client, "editor").get("/segments/"))

    assert "No segments yet" in page
    assert 'href="/segments/new/"' in page


def test_an_editor_makes_a_segment_from_rows(client, site):
    answer = log_in(client, "editor").post("/segments/new/", FIELDS)

    assert answer.url == "/segments/s/rich-carts/"
    assert Segment.objects.get().condition == {"feature.cart_value": {"$gt": 5000}}
    assert LogEntry.objects.get().change_message == "Added."


def test_a_saved_segment_is_counted_at_once(client, site, crowd, django_capture_on_commit_callbacks):
    log_in(client, "editor")
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/segments/new/", FIELDS | {"condition-attribute": "feature.cart_items", "condition-value": "0"})

    assert SegmentSize.objects.get().visitors == 60
    assert "60 of 180 active" in text_of(client.get("/segments/s/rich-carts/"))


def test_a_segment_is_saved_though_nobody_can_be_asked_to_count(
    client, site, monkeypatch, django_capture_on_commit_callbacks
):
    def refuse(*ids):
        raise ConnectionError("no broker")

    monkeypatch.setattr("segments.tasks.measure_segment.delay", refuse)
    log_in(client, "editor")
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.post("/segments/new/", FIELDS)

    assert answer.status_code == 302
    page = text_of(client.get("/segments/s/rich-carts/", **FRAGMENT, HTTP_HX_TARGET="size"))
    assert "being counted" in page
    assert 'hx-trigger="every 2s"' in page


def test_a_replayed_site_shows_its_sizes_as_of_its_own_time(client, segments):
    long_ago = timezone.now() - timedelta(days=2000)
    Visitor.objects.create(id="a" * 32, site=segments, first_seen_at=long_ago, last_seen_at=long_ago)
    SegmentSize.objects.create(segment=Segment.objects.get(key="engaged"), at=long_ago, visitors=7, active=10)

    assert "70.0 %" in text_of(log_in(client, "viewer").get("/segments/"))


def test_a_viewer_makes_none(client, site):
    assert log_in(client, "viewer").post("/segments/new/", FIELDS).status_code == 403
    assert not Segment.objects.exists()


def test_a_viewer_changes_none(client, segments):
    answer = log_in(client, "viewer").post("/segments/s/engaged/", FIELDS | {"key": "engaged"})

    assert "Your role may look at this, not change it." in text_of(answer)
    assert Segment.objects.get(key="engaged").name == "Engaged"


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ('{"feature.cart_value": {"$over": 1}}', "feature.cart_value"),
        ("{", "This is not JSON"),
        ("[1]", "The condition"),
        ("[" * 5000, "This is not JSON"),
    ],
)
def test_json_with_a_fault_is_refused_with_its_path(client, site, typed, fault):
    page = text_of(
        log_in(client, "editor").post("/segments/new/", FIELDS | {"condition-mode": "json", "condition-json": typed})
    )

    assert "Not saved." in page
    assert fault in page
    assert not Segment.objects.exists()


def test_a_row_with_a_fault_is_marked_and_amounts_name_their_currency(client, site):
    page = text_of(log_in(client, "editor").post("/segments/new/", FIELDS | ROWS | {"condition-value": "50,00"}))

    assert 'class="s-builder-row has-error"' in page
    assert '<p class="s-error" id="row-1-fault">“50,00” is not an amount. Write it like 1234.50.</p>' in page
    assert '<span class="s-muted">EUR</span>' in page


def test_a_segment_reads_with_its_currency(client, site):
    Segment.objects.create(site=site, key="big", name="Big carts", condition={"feature.cart_value": {"$gte": 123456}})

    assert "Value of the cart is at least 1,234.56 EUR" in text_of(log_in(client, "viewer").get("/segments/"))


def test_the_condition_of_a_shipped_segment_survives_saving(client, segments):
    log_in(client, "editor")
    for segment in Segment.objects.all():
        page = client.get(f"/segments/s/{segment.key}/")
        draft = page.context["form"]["condition"].value()

        assert draft == segment.condition


@pytest.mark.parametrize(
    ("pressed", "expected"),
    [("add", 2), ("remove:0", 0), ("remove:7", 1), ("remove:x", 1)],
)
def test_buttons_of_the_condition_answer_with_its_fragment(client, site, pressed, expected):
    fragment = text_of(log_in(client, "editor").post("/segments/condition", ROWS | {"do": pressed}, **FRAGMENT))

    assert fragment.count('name="condition-attribute"') == expected
    assert "<html" not in fragment


def test_rows_become_json_and_come_back(client, site):
    log_in(client, "editor")
    written = text_of(client.post("/segments/condition", ROWS | {"do": "json"}))
    back = text_of(
        client.post(
            "/segments/condition",
            {"condition-mode": "json", "condition-json": '{"feature.cart_value": {"$gt": 5000}}', "do": "rows"},
        )
    )
    stays = text_of(
        client.post(
            "/segments/condition",
            {"condition-mode": "json", "condition-json": '{"$not": {"a": 1, "b": 2}}', "do": "rows"},
        )
    )

    assert "&quot;$gt&quot;: 5000" in written
    assert 'value="50.00"' in back
    assert "Groups of rows cannot say this" in stays


def test_the_estimate_counts_or_says_why_not(client, segments, valkey_server, monkeypatch):
    monkeypatch.setattr("segments.audience.estimate_of", lambda site, condition: Estimate(412, 3100, 3100))
    log_in(client, "viewer")

    assert "412 of 3,100" in text_of(client.post("/segments/estimate", ROWS, **FRAGMENT))
    assert "Row 1: Give a value." in text_of(
        client.post("/segments/estimate", ROWS | {"condition-value": ""}, **FRAGMENT)
    )


def test_the_estimate_joins_the_segment_chosen_beside_it(client, segments, monkeypatch):
    asked = []
    monkeypatch.setattr(
        "segments.audience.estimate_of", lambda site, condition: asked.append(condition) or Estimate(0, 0, 0)
    )
    engaged = Segment.objects.get(key="engaged")

    log_in(client, "viewer").post("/segments/estimate", ROWS | {"segment": engaged.pk}, **FRAGMENT)

    assert asked == [{"$and": [engaged.condition, {"feature.cart_value": {"$gt": 5000}}]}]


@pytest.mark.parametrize("named", ["abc", "-1", "1.5", "\u00b2", pytest.param("9" * 5000, id="endless")])
def test_a_segment_that_is_none_is_not_chosen(client, segments, monkeypatch, named):
    asked = []
    monkeypatch.setattr(
        "segments.audience.estimate_of", lambda site, condition: asked.append(condition) or Estimate(0, 0, 0)
    )

    answer = log_in(client, "viewer").post("/segments/estimate", ROWS | {"segment": named}, **FRAGMENT)

    assert (answer.status_code, asked) == (200, [{"feature.cart_value": {"$gt": 5000}}])


@pytest.mark.parametrize("row", ["abc", "99", pytest.param("9" * 5000, id="endless")])
@pytest.mark.parametrize("button", ["add", "remove"])
def test_a_button_of_a_row_that_is_none_leaves_what_was_typed(client, segments, button, row):
    answer = log_in(client, "viewer").post("/segments/condition", ROWS | {"do": f"{button}:{row}"}, **FRAGMENT)

    assert answer.status_code == 200
    assert 'value="50"' in text_of(answer)


def test_a_segment_that_rules_need_is_not_archived(client, segments):
    variant = AdVariant.objects.create(site=segments, key="sale", name="Sale")
    placement = Placement.objects.create(site=segments, key="hero", name="Hero")
    engaged = Segment.objects.get(key="engaged")
    campaign = Campaign.objects.create(site=segments, key="autumn", name="Autumn")
    rule = Rule.objects.create(
        campaign=campaign, placement=placement, name="For the engaged", variant=variant, segment=engaged
    )
    log_in(client, "editor")

    refused = client.post("/segments/s/engaged/archive", follow=True)
    rule.delete()
    client.post("/segments/s/engaged/archive")

    assert "It is needed by For the engaged." in text_of(refused)
    assert Segment.objects.get(key="engaged").archived
    assert "1 archived" in text_of(client.get("/segments/"))

    client.post("/segments/s/engaged/archive", {"archived": "false"})
    assert not Segment.objects.get(key="engaged").archived


def test_training_is_asked_for_once_at_a_time(client, segments, monkeypatch, django_capture_on_commit_callbacks):
    asked = []
    monkeypatch.setattr("segments.tasks.train_clusters.delay", lambda *ids: asked.append(ids))
    log_in(client, "editor")
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/segments/clusters/retrain")
        page = text_of(client.post("/segments/clusters/retrain", follow=True))

    assert TrainingRun.objects.count() == 1
    assert "A training is running already." in page
    assert 'hx-trigger="every 1s"' in text_of(client.get("/segments/clusters/", **FRAGMENT, HTTP_HX_TARGET="training"))


@pytest.mark.parametrize(("told", "trained"), [("mixture", "mixture"), ("tea-leaves", "kmeans"), ("", "kmeans")])
def test_the_kind_of_a_training_is_chosen_where_it_is_asked_for(client, site, monkeypatch, told, trained):
    monkeypatch.setattr("segments.tasks.train_clusters.delay", lambda *ids: None)
    log_in(client, "editor")

    client.post("/segments/clusters/retrain", {"kind": told})

    assert TrainingRun.objects.get().kind == trained


def test_the_clusters_page_offers_the_kind_in_use_and_names_it(client, site):
    ModelVersion.objects.create(
        site=site, kind="mixture", number=3, status="promoted", artifact="x.npz", digest="0", clusters=[]
    )

    page = text_of(log_in(client, "editor").get("/segments/clusters/"))

    assert '<option value="mixture" selected>Gaussian mixture</option>' in page
    assert "Model 3: Gaussian mixture" in page


def test_a_training_that_nobody_can_be_asked_for_has_failed(
    client, segments, monkeypatch, django_capture_on_commit_callbacks
):
    def refuse(*ids):
        raise OperationalError("no broker")

    monkeypatch.setattr("segments.tasks.train_clusters.delay", refuse)
    log_in(client, "editor")
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/segments/clusters/retrain")

    page = text_of(client.get("/segments/clusters/"))
    assert "Redis does not answer" in page
    assert "Retrain now" in page


def test_the_clusters_page_says_where_a_name_no_longer_fits(client, site):
    told = {"id": 1, "name": "Buyers", "size": 620, "share": 0.2, "apart": ["3.1x searches"], "today": "Searchers"}
    ModelVersion.objects.create(
        site=site,
        number=1,
        status="promoted",
        artifact="x.npz",
        digest="0" * 64,
        clusters=[told],
        promoted_at=timezone.now(),
    )
    page = text_of(log_in(client, "viewer").get("/segments/clusters/"))

    assert "Now more like “Searchers”" in page
    assert f">{timezone.now():%-d %b %Y}</time>" in page
    assert 'href="/visitors/?cluster=1"' in page and "Make a segment" not in page
    address = "/segments/new/?from=cluster-1"
    assert f'href="{address}"' in text_of(log_in(client, "editor").get("/segments/clusters/"))
    form = client.get(address).context["form"]
    assert (form["name"].value(), form["condition"].value()) == ("Buyers", {"cluster.id": 1})


def test_a_viewer_does_not_train(client, segments):
    assert log_in(client, "viewer").post("/segments/clusters/retrain").status_code == 403


def test_the_admin_refuses_a_malformed_condition_with_its_path(client, segments, administrator):
    client.force_login(administrator)
    row = Segment.objects.get(key="engaged")
    fields = {
        "site": segments.pk,
        "key": row.key,
        "name": row.name,
        "description": "",
        "condition": '{"feature.cart_value": {"$over": 1}}',
    }

    page = text_of(client.post(f"/admin/segments/segment/{row.pk}/change/", fields))

    assert "feature.cart_value" in page
    assert Segment.objects.get(key="engaged").condition == row.condition


GROUPS = {
    "condition-mode": "rows",
    "condition-join": "any",
    "condition-quantifier": ["all", "none"],
    "condition-group": ["0", "0", "1"],
    "condition-attribute": ["feature.cart_value", "feature.longest_product_seconds", "context.device"],
    "condition-operator": ["$gt", "$gte", "$eq"],
    "condition-value": ["50", "30", "mobile"],
}


def test_an_editor_makes_a_segment_from_groups(client, site):
    log_in(client, "editor").post("/segments/new/", FIELDS | GROUPS)

    segment = Segment.objects.get()
    assert segment.condition == {
        "$or": [
            {"feature.cart_value": {"$gt": 5000}, "feature.longest_product_seconds": {"$gte": 30}},
            {"$nor": [{"context.device": "mobile"}]},
        ]
    }
    assert "Value of the cart is more than 50.00 EUR and Longest on one product is at least 30 s" in text_of(
        client.get("/segments/")
    )


@pytest.mark.parametrize(
    ("pressed", "rows", "groups"),
    [
        ("add:0", [3, 1], 2),
        ("add:1", [2, 2], 2),
        ("add", [2, 2], 2),
        ("add:9", [2, 1], 2),
        ("group", [2, 1, 1], 3),
        ("remove:0", [1, 1], 2),
        ("remove:2", [2], 1),
    ],
)
def test_buttons_change_the_groups(client, site, pressed, rows, groups):
    answer = log_in(client, "editor").post("/segments/condition", GROUPS | {"do": pressed}, **FRAGMENT)

    draft = answer.context["draft"]
    assert [len(group.rows) for group in draft.groups.groups] == rows
    assert text_of(answer).count('name="condition-quantifier"') == groups
    assert 'value="mobile"' in text_of(answer) or pressed == "remove:2"


def test_a_group_that_nobody_knows_is_all_of_its_rows(client, site):
    log_in(client, "editor").post(
        "/segments/new/", FIELDS | ROWS | {"condition-quantifier": "most", "condition-join": "some"}
    )

    assert Segment.objects.get().condition == {"feature.cart_value": {"$gt": 5000}}


def row(attribute: str, value: str = "", operator: str = "$eq") -> dict[str, str]:
    return {"condition-mode": "rows", "condition-attribute": attribute, "condition-operator": operator, "condition-value": value}  # fmt: skip


def drawn(client, **fields) -> str:
    return text_of(client.post("/segments/condition", row(**fields) | {"do": "draw"}, **FRAGMENT))


def test_a_row_offers_what_fits_its_attribute(client, segments):
    log_in(client, "editor")

    new, cart, weekday = (
        drawn(client, attribute=name) for name in ("visitor.new", "feature.cart_value", "context.weekday")
    )

    assert '<option value="yes">yes</option>' in new
    assert "is at least" not in new
    assert '<span class="s-muted">EUR</span>' in cart
    assert "contains" not in cart
    assert '<option value="Friday"></option>' in weekday
    assert '<option value="mobile"></option>' in drawn(client, attribute="context.device")
    assert '<option value="cart-abandoner"></option>' in drawn(client, attribute="segment")


@pytest.fixture
def seen(site):
    KnownValue.objects.bulk_create(
        KnownValue(site=site, attribute="feature.top_category", value=value, folded=value.lower(), visitors=visitors)
        for value, visitors in (("Kitchen", 101), ("Garden", 7))
    )
    KnownValue.objects.create(site=site, attribute="visitor.trait.since", value="2026-01-31", folded="2026-01-31", visitors=3)  # fmt: skip


def test_a_picker_finds_what_visitors_had(client, seen):
    log_in(client, "viewer")

    answer = text_of(client.get("/segments/values", {"attribute": "feature.top_category", "text": "KIT"}))
    weekdays = text_of(client.get("/segments/values", {"attribute": "context.weekday", "text": "fri"}))

    assert 'data-value="Kitchen"' in answer
    assert "101 visitors" in answer
    assert "Garden" not in answer
    assert weekdays.count('role="option"') == 1
    assert "Nothing was seen yet." in text_of(client.get("/segments/values", {"attribute": "nothing"}))


def test_a_value_that_nobody_has_asks_what_was_meant_and_a_click_takes_it(client, seen, valkey_server):
    log_in(client, "editor")
    typed = row("feature.top_category", "kitchen, Garden")

    page = text_of(client.post("/segments/estimate", typed, **FRAGMENT))
    taken = client.post("/segments/condition", typed | {"do": "take:0:0:Kitchen"}, **FRAGMENT)

    assert 'id="row-1-hints" role="status" hx-swap-oob="true"' in page
    assert "Nobody of the last 30 days has “kitchen”." in page
    assert "Did you mean Kitchen (101 visitors)?" in page
    assert "Garden”" not in page
    assert [one.value for one in taken.context["draft"].groups.rows] == ["Kitchen, Garden"]
    assert "Did you mean" not in text_of(taken)


def test_a_trait_is_in_the_menu_with_a_control_as_its_values_look(client, seen):
    page = drawn(log_in(client, "editor"), attribute="visitor.trait.since", value="2026-02-01", operator="$lt")

    assert 'value="visitor.trait.since" selected' in page
    assert 'type="date"' in page
    assert "is before" in page


def test_google_or_instagram_are_two(client, site):
    log_in(client, "editor").post("/segments/new/", FIELDS | row("referral.source", "google or IG"))

    assert Segment.objects.get().condition == {"referral.source": {"$in": ["Google", "Instagram"]}}


def test_a_comparison_that_does_not_fit_is_refused_at_its_row(client, site):
    page = text_of(log_in(client, "editor").post("/segments/new/", FIELDS | row("visitor.new", "yes", "contains")))

    assert "“contains” does not fit New visitor: choose among “is”." in page
    assert not Segment.objects.exists()


EVENT_ROW = {
    "condition-mode": "rows", "condition-attribute": ["$did", "referral.source"], "condition-operator": ["$did", "$eq"], "condition-value": ["$did", "Google or Instagram"],
    "did-0-did": "did", "did-0-event": "Product Viewed", "did-0-property": ["category"], "did-0-operator": ["$contains"], "did-0-value": ["coffee"],
    "did-0-how": "$gte", "did-0-number": "3", "did-0-measure": "count", "did-0-window": "session",
}  # fmt: skip
SAID = {
    "$did": {"event": "Product Viewed", "where": {"category": {"$contains": "coffee"}}, "count": {"$gte": 3}, "in": "session"},
    "referral.source": {"$in": ["Google", "Instagram"]},
}  # fmt: skip


def test_what_visitors_did_is_said_in_a_row(client, site):
    log_in(client, "editor").post("/segments/new/", FIELDS | EVENT_ROW)

    assert Segment.objects.get().condition == SAID
    page = text_of(client.get("/segments/s/rich-carts/"))
    assert 'name="did-0-event" id="row-1-event" value="Product Viewed"' in page
    assert "At least 3 × Product Viewed where category contains “coffee” in this session" in page


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"did-0-event": " "}, "Choose an event."),
        ({"did-0-number": "many"}, "How often? Give a whole number."),
        ({"did-0-property": [""]}, "Name a property."),
        ({"did-0-value": [""]}, "Give a value."),
        ({"did-0-window": "days", "did-0-days": "999"}, "In days must be a whole number from 1 to 365."),
        ({"did-0-then": "yes", "did-0-next": ""}, "Choose the event that follows."),
    ],
)
def test_an_event_row_that_is_not_whole_says_why_and_keeps_what_was_typed(client, site, changed, fault):
    page = text_of(log_in(client, "editor").post("/segments/new/", FIELDS | EVENT_ROW | changed))

    assert fault in page
    assert 'value="Google or Instagram"' in page
    assert not Segment.objects.exists()


@pytest.mark.parametrize(
    ("pressed", "expected"),
    [
        ("event", 'aria-label="Event, row 3"'),
        ("where:0", 'aria-label="Property 2, row 1"'),
        ("then:0", 'aria-label="Event that follows, row 1"'),
        ("mean:0:0:0:Coffee", 'name="did-0-value" value="Coffee"'),
        ("mean:0:event:Product Added", 'value="Product Added"'),
        ("mean:9:9:9:x", 'value="coffee"'),
        ("where:x", 'value="coffee"'),
    ],
)
def test_buttons_of_an_event_row(client, site, pressed, expected):
    page = text_of(log_in(client, "editor").post("/segments/condition", EVENT_ROW | {"do": pressed}, **FRAGMENT))

    assert expected in page


def test_an_event_that_was_never_seen_is_allowed_and_said(client, site, valkey_server):
    EventRollup.objects.create(site=site, grain="hour", at=timezone.now() - timedelta(hours=1), name="Product Viewed", events=9)  # fmt: skip
    Visitor.objects.create(id="a" * 32, site=site, first_seen_at=timezone.now(), last_seen_at=timezone.now())
    log_in(client, "editor")
    typed = EVENT_ROW | {"did-0-event": "product viewed", "did-0-property": [], "did-0-operator": [], "did-0-value": []}

    page = text_of(client.post("/segments/estimate", typed, **FRAGMENT))
    offered = text_of(client.get("/segments/values", {"events": "1", "text": "view"}))

    assert "“product viewed” was never seen on this site" in page
    assert "Did you mean Product Viewed?" in page
    assert 'data-value="Product Viewed"' in offered
    assert "9 events" in offered


def test_the_list_is_searched_by_words_and_tags(client, segments):
    Segment.objects.filter(key="engaged").update(tags=["autumn", "test"])
    log_in(client, "viewer")

    by_word, by_tag, none = (
        text_of(client.get("/segments/", asked)) for asked in ({"text": "engag"}, {"tag": "autumn"}, {"text": "zzz"})
    )

    assert "1 of 10 segments" in by_word
    assert "1 of 10 segments" in by_tag
    assert 'href="/segments/?tag=autumn"' in by_tag
    assert "No segment is called so" in none


def test_tags_are_typed_with_commas(client, site):
    log_in(client, "editor").post("/segments/new/", FIELDS | {"tags": "Autumn, test, autumn"})

    assert Segment.objects.get().tags == ["autumn", "test"]


def test_a_segment_begins_from_what_the_site_knows(client, seen, site):
    log_in(client, "editor")

    page = text_of(client.get("/segments/"))
    form = text_of(client.get("/segments/new/?from=fans"))

    assert "Likes Kitchen" in page
    assert 'value="Likes Kitchen"' in form
    assert 'value="Kitchen"' in form
    assert client.get("/segments/new/?from=nothing").status_code == 200


def test_figures_overlap_and_a_sample_stand_on_the_page(client, site, crowd):
    for key, condition in (("cart", {"feature.cart_items": {"$gt": 0}}), ("all", {})):
        Segment.objects.create(site=site, key=key, name=key.title(), condition=condition)
    measure(site)
    log_in(client, "viewer")

    page, sample, listed = (
        text_of(client.get(a)) for a in ("/segments/s/cart/", "/segments/s/cart/sample", "/segments/")
    )

    assert "Ordered in 30 days" in page
    assert '<a href="/segments/s/all/">All</a>' in page
    assert "100 %" in page
    assert sample.count('<a href="/visitors/') == 9
    assert "0.0 %" in listed


def test_a_segment_that_is_used_is_not_deleted_and_says_by_what(client, segments):
    Segment.objects.create(site=segments, key="builds", name="Builds on it", condition={"$savedGroup": "engaged"})
    log_in(client, "editor")

    refused = text_of(client.post("/segments/s/engaged/delete", follow=True))
    client.post("/segments/s/builds/delete")
    client.post("/segments/s/engaged/delete")

    assert "It is needed by Builds on it." in refused
    assert "Builds on it, which names it in its condition" in refused
    assert not Segment.objects.filter(key__in=["engaged", "builds"]).exists()


def two_rows(operators=("$gte", "$lt"), values=("3", "2"), **further):
    name = "visitor.orders"
    return (
        ROWS
        | {
            "condition-attribute": [name, name],
            "condition-operator": list(operators),
            "condition-value": list(values),
            "condition-group": ["0", "0"],
        }
        | further
    )


def test_rows_that_contradict_each_other_are_told_at_the_row_while_typing_and_on_saving(client, segments, monkeypatch):
    monkeypatch.setattr("segments.audience.estimate_of", lambda site, condition: Estimate(0, 3100, 3100))
    editor = log_in(client, "editor")
    word = "It contradicts “Orders ever is at least 3 orders”: nobody can be both."

    typing = text_of(editor.post("/segments/estimate", two_rows(), **FRAGMENT))
    saved = text_of(editor.post("/segments/new/", FIELDS | two_rows(), follow=True))
    others = text_of(editor.post("/segments/new/", FIELDS | two_rows(values=("2", "3"), key="others"), follow=True))

    assert word in typing.partition('id="row-2-hints"')[2] and word not in typing.partition('id="row-2-hints"')[0]
    assert "Nobody can ever fit: “Orders ever is less than 2 orders” contradicts" in typing
    assert "nobody can be both." in saved and "Nobody can ever fit" in saved and "is saved." in saved
    assert "Nobody can" not in others and "contradicts" not in others


def test_one_of_two_groups_that_is_closed_is_told_at_its_row(client, segments):
    typed = two_rows() | {"condition-quantifier": ["all", "all"], "condition-join": "any"}
    typed |= {
        "condition-attribute": ["visitor.new", *typed["condition-attribute"]],
        "condition-operator": ["$eq", *typed["condition-operator"]],
        "condition-value": ["yes", *typed["condition-value"]],
        "condition-group": ["0", "1", "1"],
    }

    page = text_of(log_in(client, "viewer").post("/segments/condition", typed, **FRAGMENT))

    assert "It contradicts" in page.partition('id="row-3-hints"')[2]
