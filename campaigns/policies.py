"""What did a marketer set for a bandit, and what is wrong with it? As a draft keeps it: what differs from the usual.
Pure."""

from collections.abc import Mapping
from typing import Any

import msgspec

from campaigns.bandits import COUNT, POLICIES, VALUE, Settings, faults_of

FEATURES = "features"  # attributes of visitors that a policy looks at
MOST_FEATURES = 20
UNSET_HERE = ("reward",)  # follows from what the bandit makes more of


def settings_of(policy: Mapping[str, Any], *, counts_worth: bool = False) -> Settings:
    """Raises msgspec.ValidationError where they cannot be read."""
    told = {name: value for name, value in policy.items() if name != FEATURES}
    return msgspec.convert(told | {"reward": VALUE if counts_worth else COUNT}, Settings)


def features_of(policy: Mapping[str, Any]) -> list[str]:
    return list(policy.get(FEATURES, ()))


def faults_in(policy: Any) -> list[str]:
    """In words, each with the name of what it is about."""
    if not isinstance(policy, dict):
        return ['Settings are an object, such as {"policy": "thompson"}.']
    if unknown := sorted(policy.keys() - {*Settings.__struct_fields__, FEATURES} | policy.keys() & set(UNSET_HERE)):
        return [f"There is no setting “{name}”." for name in unknown]
    try:
        settings = settings_of(policy)
    except msgspec.ValidationError as error:
        return [str(error)]
    faults = [f"{name}: {words}" for name, words in faults_of(settings).items()]
    if settings.policy not in POLICIES:
        faults.append(f"policy: One of {', '.join(POLICIES)}.")
    elif POLICIES[settings.policy].learn and not features_of(policy):
        faults.append("features: Name the attributes that it looks at.")
    return [*faults, *_features(policy.get(FEATURES, []))]


def _features(named: Any) -> list[str]:
    if not isinstance(named, list) or not all(isinstance(name, str) for name in named):
        return ["features: A list of names, such as feature.cart_value."]
    if len(named) > MOST_FEATURES:
        return [f"features: {MOST_FEATURES} at most."]
    return ["features: Each once."] if len(set(named)) < len(named) else []
