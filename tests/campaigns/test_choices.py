"""On the page on which somebody chooses what to publish, each thing says whose changes it is."""

import pytest

from campaigns import editing
from campaigns.approval import ask
from campaigns.choices import choices_of
from campaigns.models import AdVariant, Campaign, Placement, Rule
from campaigns.publish import publish, roll_back
from segments.editing import save as save_segment
from segments.models import Segment
from sites.pages.history import Actor
from tests.drafts import review

pytestmark = pytest.mark.django_db


@pytest.fixture
def published(drafted, publisher, commit):
    """Spring, and a campaign Autumn with a creative of its own."""
    autumn = Campaign.objects.create(site=drafted, key="autumn", name="Autumn", status="live")
    leaf = AdVariant.objects.create(site=drafted, key="leaf", name="Leaf", headline="Leaves")
    Rule.objects.create(campaign=autumn, placement=Placement.objects.get(), name="Leaf", variant=leaf, priority=900)
    commit(publish, drafted, publisher)
    return drafted


def choices(site, user, ticked=None):
    return {choice.offer.name: choice for choice in choices_of(site, review(site).offers, user, ticked)}


def edit(row, by, **values) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    (save_segment if isinstance(row, Segment) else editing.save)(row, by)


def test_ones_own_changes_come_first_and_are_ticked(published, editor, publisher):
    edit(Rule.objects.get(name="Leaf"), Actor(editor), priority=1)
    edit(AdVariant.objects.get(key="offer"), Actor(publisher), headline="By Paula")
    edit(Segment.objects.get(), Actor(editor), condition={"visitor.sessions": 1})

    found = choices(published, publisher)

    assert [(name, each.editors, each.is_ticked) for name, each in found.items()] == [
        ("Spring", ["paula"], True),
        ("Autumn", ["edgar"], False),
        ("Buyers", ["edgar"], False),
    ]
    assert [name for name, each in choices(published, editor).items() if each.is_ticked] == ["Autumn", "Buyers"]
    assert found["Spring"].offer.changes == [
        "Rule 'Coupon': its condition changed",  # by that of its segment, which comes along
        "Creative 'offer': headline 'Just for you' -> 'By Paula'",
        "Segment 'Buyers': its condition changed",
    ]


def test_what_a_token_or_command_edited_says_so_and_is_its_owners(published, publisher):
    edit(Rule.objects.get(name="Leaf"), Actor(publisher, "API token CI"), priority=1)

    choice = choices(published, publisher)["Autumn"]

    assert (choice.editors, choice.is_mine) == (["API token CI of paula"], True)


def test_only_edits_since_the_release_that_visitors_see_count(published, editor, publisher, commit):
    edit(Rule.objects.get(name="Leaf"), Actor(editor), priority=1)
    commit(publish, published, publisher)
    edit(Rule.objects.get(name="Leaf"), Actor(publisher), priority=2)

    assert choices(published, publisher)["Autumn"].editors == ["paula"]


def test_neither_what_is_held_nor_a_draft_is_ticked_to_begin_with(published, publisher, commit):
    edit(Rule.objects.get(name="Leaf"), Actor(publisher), priority=1)
    commit(publish, published, publisher)
    commit(roll_back, published, 1, publisher)
    edit(Rule.objects.get(name="Leaf"), Actor(publisher), priority=2)
    draft = editing.duplicate_campaign(Campaign.objects.get(key="spring"), Actor(publisher))

    found = choices(published, publisher)

    assert not found["Autumn"].is_ticked and found["Autumn"].offer.is_held
    assert not found[draft.name].is_ticked and found[draft.name].offer.is_new
    ticked = {found["Autumn"].offer.thing}
    assert choices(published, publisher, ticked)["Autumn"].is_ticked


def test_what_somebody_waits_for_comes_before_the_rest(published, editor, publisher):
    edit(Rule.objects.get(name="Banner"), Actor(editor), priority=3)
    edit(Rule.objects.get(name="Leaf"), Actor(editor), priority=2)
    ask(Campaign.objects.get(key="spring"), editor)

    found = choices(published, publisher)

    assert list(found) == ["Spring", "Autumn"]
    assert found["Spring"].waiting and not found["Spring"].waiting.is_edited
