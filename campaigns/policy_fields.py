"""Which named settings does a bandit have on its page, and what of a draft's policy does each stand for?"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django import forms

from campaigns.bandits import POLICIES, Settings
from campaigns.policies import FEATURES
from segments.attributes import ATTRIBUTES
from sites.times import HOUR_MS

MINUTE_MS, DAY_MS = 60_000, 24 * HOUR_MS
BATCHES = {
    5 * MINUTE_MS: "Every 5 minutes",
    15 * MINUTE_MS: "Every 15 minutes",
    HOUR_MS: "Every hour",
    4 * HOUR_MS: "Every 4 hours",
    DAY_MS: "Once a day",
    7 * DAY_MS: "Once a week",
}
USUAL = Settings()


class Setting(NamedTuple):
    """A number of the form; `scale` of it are one of the policy's."""

    name: str  # of the field
    of: str  # of `Settings`
    scale: float
    label: str
    help: str
    low: int
    high: int
    step: str = "1"

    @property
    def field(self) -> forms.Field:
        kind = forms.IntegerField if self.step == "1" else forms.FloatField
        widget = forms.NumberInput(attrs={"step": self.step})
        return kind(
            required=False,
            label=self.label,
            help_text=self.help,
            min_value=self.low,
            max_value=self.high,
            widget=widget,
        )


NUMBERS = [
    Setting("floor_percent", "floor", 100, "Least share of a creative, in per cent",
            "So that one which was unlucky at first, or comes into season, is found again.", 0, 50, "0.1"),
    Setting("least_trials", "least_trials", 1, "Minimum traffic, in decisions",
            "So often each creative is shown before the bandit may change its share. A new one begins like that too.",
            0, 1_000_000),
    Setting("slice_percent", "control", 100, "Random slice, in per cent",
            "These visitors get all creatives alike. Compared with them, you learn what the bandit is worth.",
            0, 50, "0.1"),
    Setting("memory_percent", "discount", 100, "What is known counts on, in per cent",
            "From one batch to the next. 100: for ever. With 99 and a batch an hour, three days ago counts half: for"
            " tastes that change.", 50, 100, "0.1"),
    Setting("delay_minutes", "expected_delay_ms", 1 / MINUTE_MS, "Rewards take, in minutes",
            "On average, until enough of them were seen to know.", 0, 44_640),
    Setting("epsilon_percent", "epsilon", 100, "Explores with, in per cent",
            "Of epsilon-greedy: what all creatives share alike. The rest goes to the one that looks best.", 0, 100,
            "0.1"),
    Setting("boldness", "boldness", 1, "Boldness",
            "Of bandits that look at features: 1 explores by the book, less explores less. The usual one is 0.5.",
            0, 2, "0.05"),
]  # fmt: skip
BY_SETTING = {each.of: each.name for each in NUMBERS} | {"batch_ms": "batch", "policy": "policy", FEATURES: FEATURES}


def policy_choices() -> list[tuple[str, str]]:
    return [(key, policy.title) for key, policy in POLICIES.items()]


def feature_choices() -> list[tuple[str, str]]:
    """Attributes that are numbers, or yes and no."""
    return [
        (name, each.title)
        for name, each in ATTRIBUTES.items()
        if each.type in ("number", "boolean") and not each.member and name != "cluster.id"
    ]


def batch_choices(now: int) -> list[tuple[str, str]]:
    """With the one that is set, where a program has set another."""
    named = BATCHES if now in BATCHES else BATCHES | {now: f"Every {now / MINUTE_MS:g} minutes"}
    return [(str(key), words) for key, words in sorted(named.items())]


def as_typed(policy: Mapping[str, Any]) -> dict[str, Any]:
    """What the fields show of a draft's policy, which is without fault."""
    told = {name: getattr(USUAL, name) for name in USUAL.__struct_fields__} | dict(policy)
    shown = {each.name: _plain(told[each.of] * each.scale) for each in NUMBERS}
    return shown | {"policy": told["policy"], "batch": str(told["batch_ms"]), FEATURES: told.get(FEATURES, [])}


def as_policy(typed: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """What a draft keeps: settings that are not the usual ones. Those without a field stay as they were `before`."""
    told: dict[str, Any] = {"policy": typed["policy"], "batch_ms": int(typed["batch"])}
    for each in NUMBERS:
        if typed.get(each.name) is not None:
            value = typed[each.name] / each.scale
            told[each.of] = round(value) if isinstance(getattr(USUAL, each.of), int) else round(value, 6)
    kept = {name: value for name, value in before.items() if name not in BY_SETTING}
    kept |= {name: value for name, value in told.items() if value != getattr(USUAL, name)}
    looks = POLICIES[typed["policy"]].learn is not None
    return kept | ({FEATURES: list(typed[FEATURES])} if looks and typed.get(FEATURES) else {})


def _plain(value: float) -> float | int:
    rounded = round(value, 6)
    return int(rounded) if rounded == int(rounded) else rounded
