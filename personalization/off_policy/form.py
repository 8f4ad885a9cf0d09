"""What does somebody type to try another policy on past traffic?"""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

from campaigns.bandits import POLICIES, Settings
from campaigns.models import Arm, Treatment
from campaigns.shares import shares_of
from personalization.off_policy.tables import PolicyEvaluation
from personalization.off_policy.targets import ARM, BANDIT, KINDS, SHARES, faults_in

SHARE = "share-"  # before the key of an arm
USUAL = Settings()
PERCENT = (MinValueValidator(0), MaxValueValidator(100))


class AskForm(forms.Form):
    kind = forms.ChoiceField(
        label="Policy to try",
        choices=list(KINDS.items()),
        widget=forms.RadioSelect,
        initial=ARM,
        error_messages={"required": "Choose one."},
    )
    arm = forms.ChoiceField(label="Creative", required=False)
    policy = forms.ChoiceField(
        label="How it learns",
        required=False,
        choices=[(name, policy.title) for name, policy in POLICIES.items() if policy.weigh],
    )
    floor = forms.FloatField(
        label="Least share of a creative, in per cent", required=False, initial=100 * USUAL.floor, min_value=0
    )
    least_trials = forms.IntegerField(
        label="Decisions of a creative before it has a say", required=False, initial=USUAL.least_trials, min_value=0
    )
    control = forms.FloatField(
        label="Slice with all alike, in per cent", required=False, initial=100 * USUAL.control, min_value=0
    )
    reward = forms.ChoiceField(label="What counts", choices=PolicyEvaluation.Reward.choices)
    days = forms.IntegerField(label="Last days", min_value=1, max_value=90, initial=14, help_text="1 to 90.")

    def __init__(self, *args: Any, treatment: Treatment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.arms: list[Arm] = list(treatment.arms.select_related("variant").order_by("id"))
        names = names_of(self.arms)
        self.fields["arm"].choices = list(names.items())  # type: ignore[attr-defined]  # of a choice
        bandit = treatment.kind == Treatment.Kind.BANDIT
        self.fields["reward"].initial = treatment.reward if bandit else PolicyEvaluation.Reward.CLICK
        for arm, share in zip(self.arms, shares_of([arm.weight for arm in self.arms]), strict=True):
            self.fields[f"{SHARE}{arm.key}"] = forms.FloatField(
                label=names[arm.key], required=False, initial=share, validators=list(PERCENT)
            )
        self.shares_faults: list[str] = []
        self.settings_faults: list[str] = []

    @property
    def shares(self) -> list[Any]:
        """Fields, one for each arm."""
        return [self[f"{SHARE}{arm.key}"] for arm in self.arms]

    @property
    def bandit_fields(self) -> list[Any]:
        return [self[name] for name in ("policy", "floor", "least_trials", "control")]

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or {}
        if not self.errors and (faults := faults_in(self.target, [arm.key for arm in self.arms])):
            self.shares_faults, self.settings_faults = faults.get("shares", []), faults.get("settings", [])
            self.add_error("arm" if "arm" in faults else None, faults.get("arm", ["Look at what is marked below."]))
        return told

    @property
    def target(self) -> dict[str, Any]:
        """Expects fields without errors."""
        told = self.cleaned_data
        if told["kind"] == ARM:
            return {"kind": ARM, "arm": told["arm"]}
        if told["kind"] == SHARES:
            return {"kind": SHARES, "shares": {arm.key: told[f"{SHARE}{arm.key}"] or 0.0 for arm in self.arms}}
        return {"kind": BANDIT, "settings": _settings(told)}


def _settings(told: Mapping[str, Any]) -> dict[str, Any]:
    """What differs from the usual."""
    asked = {
        "policy": told["policy"] or USUAL.policy,
        "floor": _part(told["floor"], USUAL.floor),
        "least_trials": USUAL.least_trials if told["least_trials"] is None else told["least_trials"],
        "control": _part(told["control"], USUAL.control),
    }
    return {name: value for name, value in asked.items() if value != getattr(USUAL, name)}


def _part(percent: float | None, usual: float) -> float:
    return usual if percent is None else round(percent / 100, 6)


def names_of(arms: Sequence[Arm]) -> dict[str, str]:
    """What arms are called on pages, by their keys."""
    return {arm.key: arm.variant.name if arm.variant else "Control: what there is without it" for arm in arms}
