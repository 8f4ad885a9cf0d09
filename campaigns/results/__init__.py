"""What does an experiment say, how surely, and what should be done? Pure, from sums that are kept per arm.

`analysis.analyse` is the way in: it takes an `inputs.Experiment` and the sums of each arm (`sums.Sums`), never single
visitors, and answers a `report.Report` whose every figure has a sentence beside it. Each other module answers one
question and can be asked alone.

Visitors are independent of each other and belong to one arm; a metric is one number per visitor (two for a ratio).
What cannot be reckoned is None with its reason in words; no figure is ever NaN.
"""
