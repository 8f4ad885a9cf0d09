"""Thompson sampling: each arm has the share of the traffic by which it is likely to be the best. Pure.

For rewards that come or do not, the rate of an arm is Beta(alpha + successes, beta + failures). For values, the mean
of an arm is normal, by its own values and PRIOR_TRIALS more that are as the values of all arms together: so money
needs no prior in its unit, and an arm that was never tried may be as good as any. Its variance is that of Student's
t, whose tails few data have; a floor far below all differences keeps it above 0 where all values are the same.

In batches it loses little: shares stand for a batch, and within it each visitor draws anew.

References
----------
W. R. Thompson, "On the likelihood that one unknown probability exceeds another in view of the evidence of two samples",
Biometrika 25 (1933). C. Kalkanli, A. Oezguer, "Batched Thompson sampling", arXiv 2110.00158.
"""

import numpy as np

from campaigns.bandits.base import COUNT, Policy, Settings, Tally
from campaigns.bandits.winning import Beta, Normal, chances_to_win

PRIOR_TRIALS = 1.0  # of the mean
PRIOR_SPREADS = 4.0  # of the variance
LEAST_VARIANCE = 1e-12  # in parts of the squared values, or of 1 where these are NOTHING
NOTHING = 1e-100


def rates(tally: Tally, settings: Settings) -> Beta:
    """What is believed of the arms' rates. Maturing may say that fewer trials count than were rewarded: then none
    failed."""
    alpha, beta = settings.prior
    return Beta(alpha + tally.rewards, beta + np.maximum(tally.trials - tally.rewards, 0))


def means(tally: Tally) -> Normal:
    """What is believed of the arms' mean value per trial."""
    trials = np.maximum(tally.trials, tally.rewards)
    all_trials = np.maximum(trials.sum(axis=1, keepdims=True), 1e-12)
    centre = tally.total.sum(axis=1, keepdims=True) / all_trials
    mean_square = tally.squares.sum(axis=1, keepdims=True) / all_trials
    least = LEAST_VARIANCE * np.where(mean_square > NOTHING, mean_square, 1.0)
    spread = np.maximum(mean_square - centre**2, least)
    middle = (tally.total + PRIOR_TRIALS * centre) / (trials + PRIOR_TRIALS)
    own = np.maximum(tally.squares - tally.total**2 / np.maximum(trials, 1e-12), 0)
    apart = PRIOR_TRIALS * trials / (trials + PRIOR_TRIALS) * (tally.total / np.maximum(trials, 1e-12) - centre) ** 2
    freedom = PRIOR_SPREADS + trials
    variance = (PRIOR_SPREADS * spread + own + apart) / (freedom - 2)
    return Normal(middle, np.sqrt(variance / (trials + PRIOR_TRIALS)))


def weigh(tally: Tally, settings: Settings) -> np.ndarray:
    return chances_to_win(rates(tally, settings) if settings.reward == COUNT else means(tally))


POLICY = Policy(
    "Thompson sampling",
    "Each creative gets as much traffic as it is likely to be the best. The first choice: it wastes little, and goes on"
    " learning as long as there is doubt.",
    weigh,
)
