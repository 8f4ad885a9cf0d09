"""What may a marketer change? Drafts of campaigns, goals and rules; nothing here reaches visitors before it is
published."""

from campaigns.forms.campaign import CampaignForm
from campaigns.forms.goal import GoalForm
from campaigns.forms.rule import RuleForm

__all__ = ["CampaignForm", "GoalForm", "RuleForm"]
