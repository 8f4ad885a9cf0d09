"""Somebody asks, somebody who may publish answers."""

import pytest
from django.contrib.admin.models import LogEntry

from campaigns.approval import NotWaiting, answered, approve, ask, publishers, send_back, waiting_in, withdraw
from campaigns.models import AdVariant, ApprovalRequest, Campaign, Release, Rule
from campaigns.publish import NothingToShow, publish
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def spring(drafted):
    Campaign.objects.update(status="draft")
    return Campaign.objects.get()


def test_a_request_waits_with_its_word_until_it_is_approved(spring, editor, publisher, commit):
    ask(spring, editor, "For Friday, please")

    [waiting] = waiting_in(spring.site)
    assert (waiting.request.asked_by, waiting.request.note) == (editor, "For Friday, please")
    assert not waiting.is_edited

    release = commit(approve, spring, publisher)

    assert (release.status, release.note) == ("live", "Launched “Spring”")
    assert waiting_in(spring.site) == []
    request = ApprovalRequest.objects.get()
    assert (request.outcome, request.answered_by) == ("approved", publisher)
    assert [entry.get_change_message() for entry in LogEntry.objects.order_by("id")] == [
        "Asked for approval: For Friday, please",
        "Launched.",
        "Published what was chosen.",
    ]


@pytest.mark.parametrize(
    "edit",
    [
        lambda: Rule.objects.filter(name="Coupon").update(priority=3),
        lambda: AdVariant.objects.filter(key="offer").update(headline="Another"),
        lambda: Rule.objects.get(name="Coupon").segment.__class__.objects.update(condition={"visitor.sessions": 1}),
    ],
    ids=["a rule", "its creative", "its segment"],
)
def test_an_edit_after_the_request_says_so(spring, editor, edit):
    ask(spring, editor)
    edit()

    assert [waiting.is_edited for waiting in waiting_in(spring.site)] == [True]

    ask(spring, editor)
    assert [waiting.is_edited for waiting in waiting_in(spring.site)] == [False]
    assert sorted(ApprovalRequest.objects.values_list("outcome", flat=True)) == ["", "withdrawn"]


def test_an_edit_elsewhere_does_not(spring, editor):
    ask(spring, editor)
    AdVariant.objects.create(site=spring.site, key="new", name="New")
    spring.site.segments.create(key="more", name="More", condition={})

    assert [waiting.is_edited for waiting in waiting_in(spring.site)] == [False]


def test_what_is_sent_back_says_by_whom_and_why_until_somebody_asks_again(spring, editor, publisher):
    ask(spring, editor)
    send_back(spring, publisher, "The picture is missing")

    request = answered(spring)
    assert request is not None
    assert (request.answered_by, request.answer) == (publisher, "The picture is missing")
    assert waiting_in(spring.site) == [] and not Release.objects.exists()
    ask(spring, editor)
    assert answered(spring) is None


@pytest.mark.parametrize("answer", [approve, send_back, withdraw])
def test_what_nobody_waits_for_cannot_be_answered(spring, editor, publisher, answer):
    with pytest.raises(NotWaiting):
        answer(spring, publisher)

    ask(spring, editor)
    withdraw(spring, editor)
    with pytest.raises(NotWaiting):
        answer(spring, publisher)


def test_whoever_publishes_it_by_another_way_has_approved_it_but_not_what_stays_behind(
    spring, editor, publisher, commit
):
    other = Campaign.objects.create(site=spring.site, key="other", name="Other", status="live")
    Rule.objects.create(
        campaign=other, placement=spring.site.placements.get(), name="Other", variant=AdVariant.objects.get(key="offer")
    )
    ask(spring, editor)
    ask(other, editor)

    commit(publish, spring.site, publisher, chosen={f"campaign:{spring.pk}"})

    assert [waiting.request.campaign for waiting in waiting_in(spring.site)] == [other]


def test_what_has_nothing_to_show_is_nothing_to_approve(spring, editor):
    spring.rules.update(enabled=False)

    with pytest.raises(NothingToShow):
        ask(spring, editor)


def test_those_who_may_publish_are_named(db):
    for role in ("viewer", "editor", "publisher", "administrator"):
        factories.make_user(role)
    retired = factories.make_user("publisher").__class__.objects.create_superuser("zoe", "", "x")
    retired.is_active = False
    retired.save()

    assert [person.username for person in publishers()] == ["ada", "paula"]
