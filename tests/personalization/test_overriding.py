"""An arm set by hand: from the page of an experiment and that of a visitor, told to edges on commit, in the change log."""

import uuid

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from campaigns.models import AdVariant, Arm, Override, Treatment
from personalization.allotting import read_allotted
from sites import keys
from tracking.models import Visitor

pytestmark = pytest.mark.django_db
WHO = uuid.UUID(int=77)


@pytest.fixture
def browser(client, editor):
    client.force_login(editor)
    return client


@pytest.fixture
def visitor(site):
    now = timezone.now()
    return Visitor.objects.create(id=WHO, site=site, first_seen_at=now, last_seen_at=now)


@pytest.fixture(name="test")
def made(site):
    row = Treatment.objects.create(site=site, key="words", name="Words")
    for key in "ab":
        variant = AdVariant.objects.create(site=site, key=f"w{key}", name=f"Words {key}", headline=key)
        Arm.objects.create(treatment=row, key=key, variant=variant)
    return row


def told(redis_client, site):
    return read_allotted(redis_client.get(keys.allotted(site.pk)) or b"").overrides


def text_of(answer) -> str:
    return " ".join(answer.content.decode().split())


def test_setting_and_taking_back_reaches_edges_and_the_change_log(
    browser, site, test, visitor, redis_client, django_capture_on_commit_callbacks
):
    address = f"/treatments/{test.pk}/visitors/"
    with django_capture_on_commit_callbacks(execute=True):
        browser.post(address, {"visitor": WHO.hex, "arm": "b", "note": "Ada's phone"})
    assert told(redis_client, site) == {WHO.hex: {test.pk: "b"}}
    page = text_of(browser.get(address))
    assert "Ada&#x27;s phone" in page and "Words b" in page

    with django_capture_on_commit_callbacks(execute=True):
        browser.post(f"/treatments/{test.pk}/visitors/{WHO.hex}/remove")
    assert told(redis_client, site) == {} and not Override.objects.exists()
    words = [entry.change_message for entry in LogEntry.objects.order_by("id")]
    assert [WHO.hex in each for each in words] == [True, True]


def test_setting_again_takes_the_place_of_what_was_set(browser, test, visitor):
    for arm in "ab":
        browser.post(f"/treatments/{test.pk}/visitors/", {"visitor": WHO.hex, "arm": arm})

    assert Override.objects.get().arm == "b"


def test_a_visitor_who_joined_another_is_set_as_that_one(browser, site, test, visitor):
    now = timezone.now()
    joined = Visitor.objects.create(
        id=uuid.UUID(int=78), site=site, first_seen_at=now, last_seen_at=now, merged_into=visitor
    )
    browser.post(f"/treatments/{test.pk}/visitors/", {"visitor": joined.pk.hex, "arm": "a"})

    assert Override.objects.get().visitor_id == WHO


def test_what_cannot_be_is_told_at_its_field(browser, test, visitor):
    answer = text_of(browser.post(f"/treatments/{test.pk}/visitors/", {"visitor": "nobody", "arm": "z", "note": "x"}))

    assert "Nobody has this id." in answer and "Select a valid choice" in answer and 'value="x"' in answer
    assert not Override.objects.exists()


def test_the_page_of_a_visitor_sets_and_takes_back(browser, test, visitor):
    arm = test.arms.get(key="a")
    answer = browser.post(f"/visitors/{WHO.hex}/arms", {"arm": arm.pk, "note": "Look"}, follow=True)
    assert "Set by hand" in text_of(answer) and "Look" in text_of(answer)

    answer = browser.post(f"/treatments/{test.pk}/visitors/{WHO.hex}/remove", {"back": "visitor"}, follow=True)
    assert "Draws in every experiment" in text_of(answer)


def test_a_viewer_sees_it_and_changes_nothing(client, viewer, test, visitor):
    client.force_login(viewer)
    Override.objects.create(treatment=test, visitor_id=WHO, arm="a")
    client.post(f"/treatments/{test.pk}/visitors/", {"visitor": WHO.hex, "arm": "b"})
    client.post(f"/visitors/{WHO.hex}/arms", {"arm": test.arms.get(key="b").pk})
    client.post(f"/treatments/{test.pk}/visitors/{WHO.hex}/remove")

    assert Override.objects.get().arm == "a"
    assert "Set a visitor" not in text_of(client.get(f"/treatments/{test.pk}/visitors/"))
