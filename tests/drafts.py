"""What a site's draft holds and what publishing it would do, looked at anew."""

from campaigns.release import Source
from campaigns.review import Review, compare, examine
from sites.models import Site
from sites.times import now_ms


def draft_source(site: Site) -> Source:
    """Of a draft without errors."""
    examined = examine(site, now_ms())
    assert examined.source is not None, examined.problems
    return examined.source


def review(site: Site) -> Review:
    return compare(site, examine(site, now_ms(), with_offers=True))
