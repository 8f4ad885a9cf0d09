"""What could be shown, to whom? Drafts that marketers edit, and releases that visitors see. Django looks for all tables
of an app here."""

from campaigns.models.campaigns import Campaign, Rule, users_of_segments
from campaigns.models.creatives import AdVariant
from campaigns.models.experiments import Conclusion, Metric, Override, Phase
from campaigns.models.goals import Goal
from campaigns.models.placements import Placement
from campaigns.models.releases import ApprovalRequest, DraftReview, Hold, Release
from campaigns.models.schedules import FOREIGN
from campaigns.models.treatments import Arm, ExclusionGroup, Treatment, new_seed

__all__ = [
    "FOREIGN",
    "AdVariant",
    "ApprovalRequest",
    "Arm",
    "Campaign",
    "Conclusion",
    "DraftReview",
    "ExclusionGroup",
    "Goal",
    "Hold",
    "Metric",
    "Override",
    "Phase",
    "Placement",
    "Release",
    "Rule",
    "Treatment",
    "new_seed",
    "users_of_segments",
]
