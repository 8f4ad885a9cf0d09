"""What would another policy have brought, by the log of the one that was live? Off-policy evaluation. Pure.

`evaluate` takes logged decisions (`log.Log`), the chances by which the policy in question would have taken each action,
and, where there is one, a model of the rewards (`reward_model.cross_fit`); `words.told` says the result to people.
"""

from campaigns.ope.errors import Estimate
from campaigns.ope.estimates import Evaluation, evaluate
from campaigns.ope.log import Log, sound
from campaigns.ope.reward_model import cross_fit

__all__ = ["Estimate", "Evaluation", "Log", "cross_fit", "evaluate", "sound"]
