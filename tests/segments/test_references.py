"""A segment named inside a condition is a dependency like any other."""

import pytest
from django.core.exceptions import ValidationError
from django.db.models import ProtectedError

from campaigns.models import AdVariant, Campaign, Placement, Rule
from segments.models import Segment
from segments.references import segments_in
from tests import factories
from tests.drafts import review

NAMING = [
    {"segment": "vip"},
    {"segment": ["vip"]},
    {"segment": {"$eq": "vip"}},
    {"segment": {"$ne": "vip"}},
    {"segment": {"$in": ["others", "vip"]}},
    {"segment": {"$nin": ["vip"]}},
    {"segment": {"$ini": ["VIP"]}},
    {"segment": {"$not": {"$in": ["vip"]}}},
    {"segment": {"$all": ["vip"]}},
    {"segment": {"$elemMatch": {"$eq": "vip"}}},
    {"$savedGroup": "vip"},
    {"$savedGroup": {"id": "vip"}},
    {"$savedGroups": ["others", "vip"]},
    {"$not": {"$or": [{"visitor.sessions": 1}, {"$nor": [{"segment": {"$nin": ["vip"]}}]}]}},
]


@pytest.fixture
def vip(site):
    Segment.objects.create(site=site, key="others", name="Others", condition={})
    return Segment.objects.create(site=site, key="vip", name="VIPs", condition={"visitor.sessions": {"$gt": 9}})


def rule_with(site, condition: dict) -> Rule:
    variant = AdVariant.objects.create(site=site, key="sale", name="Sale", headline="Sale")
    placement = Placement.objects.create(site=site, key="hero", name="Hero", default_variant=variant)
    campaign = Campaign.objects.create(site=site, key="autumn", name="Autumn", status="live")
    return Rule.objects.create(
        campaign=campaign, placement=placement, name="For non-members", variant=variant, condition=condition
    )


@pytest.mark.parametrize("condition", NAMING, ids=str)
def test_every_way_to_name_a_segment_is_found(condition):
    """R05."""
    assert "vip" in {key for _, key in segments_in(condition)}


@pytest.mark.parametrize("condition", NAMING, ids=str)
def test_a_segment_that_a_rule_names_keeps_its_key_and_stays(site, vip, condition):
    """R05: rename, archive and delete say which rule."""
    rule_with(site, condition).clean()

    for change in ({"key": "gold"}, {"archived": True}):
        draft = Segment.objects.get(pk=vip.pk)
        for name, value in change.items():
            setattr(draft, name, value)
        with pytest.raises(ValidationError, match="For non-members"):
            draft.clean()
    with pytest.raises(ProtectedError):
        vip.delete()


def test_a_segment_that_another_segment_names_stays_too(site, vip):
    """R05."""
    Segment.objects.create(site=site, key="gold", name="Gold members", condition={"$savedGroup": "vip"})
    vip.key = "very"

    with pytest.raises(ValidationError, match="Gold members"):
        vip.clean()


def test_the_page_archives_none_that_a_condition_names(client, site, vip):
    """R05."""
    rule_with(site, {"segment": {"$nin": ["vip"]}})
    client.force_login(factories.make_user("editor"))

    page = client.post("/segments/s/vip/archive", follow=True).content.decode()

    assert "It is needed by For non-members." in page
    assert not Segment.objects.get(key="vip").archived


def test_a_key_that_went_by_another_way_is_an_error_of_the_draft(site, vip):
    """R05: an update in the database, or a release of older days."""
    rule_with(site, {"segment": {"$nin": ["vip"]}})
    Segment.objects.filter(pk=vip.pk).update(key="gold")

    problems = [problem for problem in review(site).problems if problem.is_error]

    assert [(problem.kind, problem.message) for problem in problems] == [
        ("rule", "segment.$nin[0]: there is no segment 'vip', or it is archived")
    ]


def test_a_misspelt_key_is_refused_with_its_path(site, vip):
    """R05."""
    with pytest.raises(ValidationError, match=r"segment\.\$in\[0\]: there is no segment 'vpi'"):
        rule_with(site, {"segment": {"$in": ["vpi"]}}).clean()


def test_a_site_still_goes_with_all_that_it_names(site, vip):
    Segment.objects.create(site=site, key="gold", name="Gold members", condition={"$savedGroup": "vip"})

    site.delete()

    assert not Segment.objects.exists()
