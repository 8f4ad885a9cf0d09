"""Does a condition hold for nobody, whoever comes? In words, for whoever saves or counts it."""

from segments.conditions.saved import saved_groups
from segments.conditions.shapes import Condition
from segments.contradictions import contradictions
from segments.models import Segment
from sites.models import Site


def nobody_fits(site: Site, condition: Condition) -> str:
    """ "" where somebody may. Of a condition without faults; a query."""
    if not condition:
        return ""
    found = contradictions(condition, saved_groups(Segment.objects.filter(site=site, archived=False)))
    return found.clashes[0].whole_sentence(site.currency) if found.holds_for_nobody else ""
