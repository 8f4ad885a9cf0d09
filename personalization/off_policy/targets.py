"""Which policies can be asked about, and with which chance would each have shown which arm? Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np

from campaigns.bandits import COUNT, POLICIES, VALUE, Settings, faults_of
from campaigns.bandits.batch import Asked
from campaigns.bandits.delays import EDGES_MS
from campaigns.bandits.replaying import replayed
from campaigns.bandits.state import Row
from sites.times import HOUR_MS

ARM, SHARES, BANDIT = "arm", "shares", "bandit"
KINDS = {ARM: "Always the same creative", SHARES: "Other fixed shares", BANDIT: "A bandit with other settings"}
WHOLE = 100.0  # per cent
EXACT = 0.01  # per cent, by which shares may miss it: thirds are typed as 33.33
SETTINGS = ("policy", "floor", "least_trials", "control", "discount", "epsilon", "boldness", "batch_ms")


def faults_in(target: Any, arms: Sequence[str]) -> dict[str, list[str]]:
    """By field of the target, in words; none where it can be asked about."""
    if not isinstance(target, dict) or target.get("kind") not in KINDS:
        return {"kind": [f"One of {', '.join(KINDS)}."]}
    if unknown := sorted(target.keys() - {"kind", "arm", "shares", "settings"}):
        return {name: ["There is no such field."] for name in unknown}
    return {ARM: _faults_of_arm, SHARES: _faults_of_shares, BANDIT: _faults_of_bandit}[target["kind"]](target, arms)


def _faults_of_arm(target: Mapping[str, Any], arms: Sequence[str]) -> dict[str, list[str]]:
    return {} if target.get("arm") in arms else {"arm": [f"Name one of {', '.join(arms)}."]}


def _faults_of_shares(target: Mapping[str, Any], arms: Sequence[str]) -> dict[str, list[str]]:
    shares = target.get("shares")
    if not isinstance(shares, dict) or not shares or shares.keys() - set(arms):
        return {"shares": [f"Per cent by arm, of {', '.join(arms)}."]}
    if not all(type(share) in (int, float) and 0 <= share <= WHOLE for share in shares.values()):
        return {"shares": ["Each is a number from 0 to 100."]}
    total = sum(shares.values())
    return {} if abs(total - WHOLE) <= EXACT else {"shares": [f"They must sum up to 100, and come to {total:g}."]}


def _faults_of_bandit(target: Mapping[str, Any], arms: Sequence[str]) -> dict[str, list[str]]:
    told = target.get("settings", {})
    if not isinstance(told, dict):
        return {"settings": ['Settings are an object, such as {"policy": "thompson"}.']}
    if unknown := sorted(told.keys() - set(SETTINGS)):
        return {"settings": [f"There is no setting “{name}” to try." for name in unknown]}
    try:
        settings = msgspec.convert(told, Settings)
    except msgspec.ValidationError as error:
        return {"settings": [str(error)]}
    faults = [f"{name}: {words}" for name, words in faults_of(settings).items()]
    if settings.policy not in POLICIES or POLICIES[settings.policy].learn:
        named = ", ".join(name for name, policy in POLICIES.items() if policy.weigh)
        faults.append(f"policy: One of {named}. Those that look at features cannot be replayed from counts.")
    return {"settings": faults} if faults else {}


def settings_of(target: Mapping[str, Any], *, counts_worth: bool) -> Settings:
    """Expects a target without faults."""
    told = target.get("settings", {})
    return msgspec.convert(told | {"reward": VALUE if counts_worth else COUNT}, Settings)


def fixed(target: Mapping[str, Any], arms: Sequence[str], n: int) -> np.ndarray:
    """Chances of the same arm or shares for all, shape (n, n_arms), read only."""
    shares = {target["arm"]: WHOLE} if target["kind"] == ARM else target["shares"]
    row = np.array([float(shares.get(arm, 0.0)) for arm in arms])
    return np.broadcast_to(row / row.sum(), (n, len(arms)))


def rows_of(
    arms: Sequence[str],
    at: np.ndarray,
    cluster: np.ndarray,
    action: np.ndarray,
    reward: np.ndarray,
    rewarded_at: np.ndarray,
) -> list[Row]:
    """What a bandit would have counted of these decisions. `rewarded_at` is -1 where no reward came."""
    spots, which = np.unique(np.column_stack([action, cluster, at // HOUR_MS]), axis=0, return_inverse=True)
    n, came = len(spots), rewarded_at >= 0
    trials, total = np.bincount(which, minlength=n), np.bincount(which, reward, n)
    squares, rewards = np.bincount(which, reward**2, n), np.bincount(which, came, n)
    bucket = np.minimum(np.searchsorted(EDGES_MS, np.maximum(rewarded_at - at, 0), side="right"), len(EDGES_MS) - 1)
    delays = np.bincount(which[came] * len(EDGES_MS) + bucket[came], minlength=n * len(EDGES_MS)).reshape(n, -1)
    return [
        Row(
            arms[arm],
            of,
            hour * HOUR_MS,
            int(trials[place]),
            int(rewards[place]),
            float(total[place]),
            float(squares[place]),
            delays[place].tolist(),
        )
        for place, (arm, of, hour) in enumerate(spots.tolist())
    ]


def replay(
    arms: Sequence[str], n_arms: int, rows: Sequence[Row], settings: Settings, at: np.ndarray, cluster: np.ndarray
) -> np.ndarray:
    """Chances of a bandit over `arms`, the first of `n_arms`: it draws by weights of the latest batch before each
    decision, made of what was known then. Costs an update for each batch of the time."""
    batch_ms = max(settings.batch_ms, HOUR_MS)  # what is counted is counted by the hour
    batches, which = np.unique(at // batch_ms, return_inverse=True)
    dealt = replayed(Asked(arms, rows, settings), [int(batch) * batch_ms for batch in batches])
    target = np.zeros((len(at), n_arms))
    for place, decided in enumerate(dealt):
        here = which == place
        for each in np.unique(cluster[here]).tolist():
            target[np.ix_(here & (cluster == each), range(len(arms)))] = decided.dealing(each).propensities
    return target
