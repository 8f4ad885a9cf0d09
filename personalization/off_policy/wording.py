"""How do a policy in question, and what it would have brought, read? Pure."""

from collections.abc import Mapping
from typing import Any

from campaigns.bandits import POLICIES
from personalization.off_policy.targets import ARM, SHARES
from sites.money import decimals, scale

FINER = 2  # decimals beyond those of a currency


def words_for(target: Mapping[str, Any], names: Mapping[str, str] | None = None) -> str:
    """`names` are those of creatives, by the key of their arm."""
    called = names or {}
    if target["kind"] == ARM:
        return f"always {called.get(target['arm'], target['arm'])}"
    if target["kind"] == SHARES:
        parts = [f"{share:g} % {called.get(arm, arm)}" for arm, share in sorted(target["shares"].items()) if share]
        return ", ".join(parts)
    settings = dict(target.get("settings", {}))
    policy = POLICIES[settings.pop("policy", "thompson")].title
    told = ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in settings.items())
    return f"a bandit by {policy}" + (f" ({told})" if told else "")


def say(value: float, reward: str, currency: str) -> str:
    """A value of the reward, per decision, in its unit."""
    if reward == "value":  # of a decision that is little: in parts of the smallest coin
        return f"{value / scale(currency):,.{decimals(currency) + FINER}f} {currency}"
    return f"{value:.2%}".replace("%", " %")
