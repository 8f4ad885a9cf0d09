"""Answers, by GrowthBook's statistics, to the cases on standard input; run by the Python of this folder's environment."""

import json
import sys

from gbstats.bayesian.tests import EffectBayesianABTest, EffectBayesianConfig, GaussianPrior
from gbstats.frequentist.tests import FrequentistConfig, SequentialConfig, SequentialTwoSidedTTest, TwoSidedTTest
from gbstats.models.statistics import (
    ProportionStatistic,
    RatioStatistic,
    RegressionAdjustedStatistic,
    SampleMeanStatistic,
)
from gbstats.utils import check_srm


def statistic(kind, of):
    n = of["n"]
    if kind == "proportion":
        return ProportionStatistic(n, of["y"])
    mean = SampleMeanStatistic(n, of["y"], of["yy"])
    if kind == "ratio":
        return RatioStatistic(n, mean, SampleMeanStatistic(n, of["d"], of["dd"]), of["yd"])
    if kind == "cuped":
        return RegressionAdjustedStatistic(n, mean, SampleMeanStatistic(n, of["x"], of["xx"]), of["xy"], theta=0)
    return mean


def answer(case):
    def pair():
        return statistic(case["kind"], case["control"]), statistic(case["kind"], case["arm"])

    found = {"srm": check_srm([case["control"]["n"], case["arm"]["n"]], [1, 1])}
    for scale in ("relative", "absolute"):
        once = TwoSidedTTest(*pair(), FrequentistConfig(difference_type=scale)).compute_result()
        always = SequentialTwoSidedTTest(*pair(), SequentialConfig(difference_type=scale)).compute_result()
        found[scale] = {
            "value": once.expected,
            "se": once.uplift.stddev,
            "fixed": once.ci,
            "fixed_p": once.p_value,
            "always": always.ci,
            "always_p": always.p_value,
        }
    config = EffectBayesianConfig(
        inverse=not case["more_is_better"], prior_effect=GaussianPrior(mean=0, variance=0.09, proper=True)
    )
    belief = EffectBayesianABTest(*pair(), config).compute_result()
    found["belief"] = {"chance": belief.chance_to_win, "interval": belief.ci, "risk": belief.risk}
    return found


json.dump([answer(case) for case in json.load(sys.stdin)], sys.stdout)
