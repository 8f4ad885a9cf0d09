"""What kinds of things do people make, what are they called, and where is the page of each? The search finds them and
the change log leads to them; a new kind is one row."""

from typing import NamedTuple

from django.contrib.auth.models import Group, User
from django.db.models import Model
from django.urls import reverse

from campaigns.content import Picture
from campaigns.coupons.tables import Coupon
from campaigns.models import AdVariant, Campaign, ExclusionGroup, Goal, Placement, Release, Rule, Treatment
from campaigns.places import PAGES
from personalization.models import ApiToken
from recommendations.models import Item
from segments.models import ModelVersion, Segment, TrainingRun
from sites.models import Site


class Kind(NamedTuple):
    model: type[Model]
    one: str
    many: str
    icon: str
    permission: str  # to see one
    address: str  # the name of its page
    by: str  # the field that the address takes; empty: its page tells of all of them
    site: str  # the path to its site; empty: of the whole installation
    detail: str = ""  # a text beside its name, searched too; empty: it is not searched for


KINDS = [
    Kind(Campaign, "Campaign", "Campaigns", "campaign", "campaigns.view_campaign", *PAGES[Campaign], "site", "key"),
    Kind(Rule, "Rule", "Rules", "rule", "campaigns.view_rule", *PAGES[Rule], "campaign__site", "campaign__name"),
    Kind(Segment, "Segment", "Segments", "category", "segments.view_segment",
         *PAGES[Segment], "site", "description"),
    Kind(AdVariant, "Creative", "Creatives", "palette", "campaigns.view_advariant",
         *PAGES[AdVariant], "site", "headline"),
    Kind(Picture, "Picture", "Pictures", "image", "campaigns.view_picture", "picture", "pk", "site", "alt"),
    Kind(Coupon, "Coupon", "Coupons", "sell", "campaigns.view_coupon", *PAGES[Coupon], "site", "code"),
    Kind(Placement, "Placement", "Placements", "dashboard", "campaigns.view_placement",
         *PAGES[Placement], "site", "key"),
    Kind(Item, "Product", "Products", "inventory_2", "recommendations.view_item", "item", "pk", "site", "key"),
    Kind(Goal, "Goal", "Goals", "flag", "campaigns.view_goal", *PAGES[Goal], "site", "event"),
    Kind(Treatment, "Experiment", "Experiments", "science", "campaigns.view_treatment",
         *PAGES[Treatment], "site", "key"),
    Kind(ExclusionGroup, "Exclusion group", "Exclusion groups", "join_inner", "campaigns.view_treatment",
         "exclusion-group", "pk", "site", "key"),
    Kind(Release, "Release", "Releases", "rocket_launch", "campaigns.view_release", "release", "number", "site"),
    Kind(TrainingRun, "Training", "Trainings", "model_training", "segments.view_trainingrun",
         "clusters", "", "site"),
    Kind(ModelVersion, "Model of clusters", "Models of clusters", "bubble_chart", "segments.view_modelversion",
         "clusters", "", "site"),
    Kind(Site, "Site", "Sites", "language", "sites.view_site", *PAGES[Site], ""),
    Kind(ApiToken, "API token", "API tokens", "key", "personalization.view_apitoken", "token", "pk", ""),
    Kind(User, "Person", "People", "person", "auth.view_user", "person", "pk", ""),
    Kind(Group, "Role", "Roles", "badge", "auth.view_group", "people", "", ""),
]  # fmt: skip

BY_MODEL = {kind.model: kind for kind in KINDS}


def address_of(kind: Kind, name: object) -> str:
    """Of the page of one, by what its address takes; within the site whose addresses are made."""
    return reverse(kind.address, args=[name] if kind.by else [])
