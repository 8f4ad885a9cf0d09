"""What does a feature flag of GrowthBook say to one visitor? Pure.

A `Document` is what GrowthBook's SDKs load: features with rules, saved groups, contextual bandits. `Flags` answers from
one as those SDKs do, by the specification 0.8.0; buckets are those of `campaigns.bucketing`, conditions those of
`segments.conditions`. Left out: visual changes, redirects by address and encrypted documents, which belong to pages and
to GrowthBook's own service; nothing of ours would read them.

References
----------
https://docs.growthbook.io/lib/build-your-own: how features and experiments are evaluated.
"""

from campaigns.flags.documents import (
    Bandit,
    Document,
    Experiment,
    ExperimentResult,
    Feature,
    FeatureRule,
    Filter,
    Leaf,
    Parent,
    Track,
    VariationMeta,
)
from campaigns.flags.evaluating import Flags
from campaigns.flags.overriding import override_in
from campaigns.flags.results import FeatureResult, Source
from campaigns.flags.sticking import StickyDocument
from campaigns.flags.subjects import Subject

__all__ = [
    "Bandit",
    "Document",
    "Experiment",
    "ExperimentResult",
    "Feature",
    "FeatureResult",
    "FeatureRule",
    "Filter",
    "Flags",
    "Leaf",
    "Parent",
    "Source",
    "StickyDocument",
    "Subject",
    "Track",
    "VariationMeta",
    "override_in",
]
