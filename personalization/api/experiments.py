"""What experiments measure, what they say, and how they end."""

from typing import Any

import msgspec
from django.utils import timezone
from rest_framework import serializers

from campaigns import concluding
from campaigns.models import Conclusion, Metric, Treatment
from campaigns.results.analysis import analyse
from campaigns.results.verdict import Action
from personalization.experiments.reading import read
from sites.pages.history import Actor


class MetricSerializer(serializers.ModelSerializer[Any]):
    class Meta:
        model = Metric
        fields = ("goal", "kind", "role", "less_is_better", "worst_percent", "cap_minor")


class AdviceSerializer(serializers.Serializer[Any]):
    action = serializers.ChoiceField(choices=[action.value for action in Action])
    sentence = serializers.CharField()
    reasons = serializers.ListField(child=serializers.CharField())
    arm = serializers.CharField(help_text="Key of the arm to ship.")
    days = serializers.IntegerField(allow_null=True, help_text="To wait; null: it cannot be told.")


class ArmTrafficSerializer(serializers.Serializer[Any]):
    arm = serializers.CharField()
    name = serializers.CharField()
    is_control = serializers.BooleanField()
    visitors = serializers.IntegerField()
    share = serializers.FloatField()
    weight = serializers.FloatField(help_text="Configured, in parts of 1.")


class ExperimentResultSerializer(serializers.Serializer[Any]):
    phase = serializers.IntegerField(help_text="Of whose visitors the results are; 0 before the first publication.")
    begun_at = serializers.DateTimeField(allow_null=True)
    visitors = serializers.IntegerField()
    verdict = AdviceSerializer()
    control = serializers.CharField(help_text="Key of the arm that the others are compared with.")
    arms = ArmTrafficSerializer(many=True)
    metrics = serializers.JSONField(
        help_text="Of each metric its arms, and each but the control compared: difference, lift (in parts of control's"
        " mean), interval `always` (right however often one looks), p, belief, impact, series, by_day and breakdowns."
        " docs/experiments.md says what each means."
    )
    mismatch = serializers.JSONField(
        help_text="Whether visitors are divided as configured; level fine, doubtful or broken."
    )
    cause = serializers.CharField(allow_blank=True)
    crossover = serializers.JSONField(help_text="Visitors who were seen in more than one arm.")
    notes = serializers.ListField(child=serializers.CharField())


class DecideSerializer(serializers.Serializer[Any]):
    arm = serializers.CharField(help_text="Key of the arm that all visitors get from the next publication on.")
    why = serializers.CharField(required=False, default="", allow_blank=True, max_length=2000)
    lessons = serializers.CharField(required=False, default="", allow_blank=True, max_length=2000)


class ConclusionSerializer(serializers.ModelSerializer[Any]):
    class Meta:
        model = Conclusion
        fields = ("phase", "outcome", "arm", "arm_name", "said", "why", "lessons", "decided_by", "decided_at")


def result_of(row: Treatment) -> dict[str, Any]:
    """Plain data, as `ExperimentResultSerializer` tells it."""
    told = read(row, timezone.now())
    report = analyse(told.experiment, told.counted)
    named = ("verdict", "control", "arms", "metrics", "mismatch", "cause", "crossover", "notes")
    return {
        "phase": told.phases[-1].number if told.phases else 0,
        "begun_at": told.begun_at,
        "visitors": told.visitors,
        **{name: plain(getattr(report, name)) for name in named},
    }


def plain(value: Any) -> Any:
    """Structs and named tuples by the names of their fields."""
    if isinstance(value, msgspec.Struct):
        return {name: plain(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {name: plain(each) for name, each in value._asdict().items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return {key: plain(each) for key, each in value.items()} if isinstance(value, dict) else value


def decide(row: Treatment, told: dict[str, Any], by: Actor) -> Conclusion:
    """Raises ValidationError for an arm that it does not have, and for what is no A/B test."""
    if row.kind != Treatment.Kind.SPLIT:
        raise serializers.ValidationError({"detail": "Only an A/B test is shipped or stopped."})
    arm = row.arms.select_related("variant").filter(key=told["arm"]).first()
    if arm is None:
        raise serializers.ValidationError({"arm": ["It has no such arm."]})
    seen = read(row, timezone.now())
    control = next((each.key for each in seen.experiment.arms if each.is_control), "")
    outcome = Conclusion.Outcome.STOP if arm.key == control else Conclusion.Outcome.SHIP
    said = analyse(seen.experiment, seen.counted).verdict.sentence
    return concluding.conclude(row, outcome, arm, by, why=told["why"], lessons=told["lessons"], said=said)


def checked_metrics(treatment: Treatment, told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same. Raises ValidationError for those that cannot be together."""
    faults = [f"{each['goal']}: it belongs to another site." for each in told if _is_foreign(treatment, each)]
    bare = (Metric.Kind.VALUE, Metric.Kind.RATIO)
    if any(each.get("goal") is None and each.get("kind") in bare for each in told):
        faults.append("A click brings nothing by itself: choose a goal with a worth.")
    if [each.get("role") for each in told].count(Metric.Role.PRIMARY) > 1:
        faults.append("One metric decides: a decision by the best of several would find one by chance.")
    measured = [(each.get("goal"), each.get("kind", Metric.Kind.RATE)) for each in told]
    if len(set(measured)) < len(measured):
        faults.append("Two measure the same.")
    if faults:
        raise serializers.ValidationError({"metrics": faults})
    return told


def _is_foreign(treatment: Treatment, told: dict[str, Any]) -> bool:
    goal = told.get("goal")
    return goal is not None and goal.site_id != treatment.site_id
