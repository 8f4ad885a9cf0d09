"""What stands beside the release of a site just now, for pages that decide as an edge would? What edges hear of through
Redis, read from where it is kept."""

from campaigns.coupons.pushing import used_up_in
from campaigns.release import FrozenRelease
from personalization.bandits.pushing import allotted_of
from personalization.situation import Beside, ready


def beside_of(site: int, release: FrozenRelease) -> Beside:
    """Four queries."""
    weights, overrides = allotted_of(site)
    return Beside(used_up_in(site), ready(release, weights), overrides)
