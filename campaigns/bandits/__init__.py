"""Which arm should get how much traffic? Bandits: policies that learn from rewards. Pure.

A policy is a module beside this one with a `POLICY`, named in `POLICIES`. A batch job gathers what the log has
counted (`state`), asks the policy for shares, and makes ranges of the hash of them (`weights`); they travel to the
edge under a version, and the edge draws. What is known is a function of rows, settings and the moment alone, so a
rebuild from the log gives the same shares. Policies that look at a visitor's features go another way: `contextual`,
`scoring`.
"""

from collections.abc import Mapping

from campaigns.bandits import epsilon_greedy, linear, logistic, per_cluster, thompson, ucb1
from campaigns.bandits.base import COUNT, VALUE, Policy, Settings, Tally, faults_of

POLICIES: Mapping[str, Policy] = {
    "thompson": thompson.POLICY,
    "per_cluster": per_cluster.POLICY,
    "linear": linear.POLICY,
    "logistic": logistic.POLICY,
    "epsilon_greedy": epsilon_greedy.POLICY,
    "ucb1": ucb1.POLICY,
}

__all__ = ["COUNT", "POLICIES", "VALUE", "Policy", "Settings", "Tally", "faults_of"]
