"""Which placements has a site, where does each lie on its pages, and which rules want it? For pages that draw them."""

from typing import Any

from campaigns.models import Placement
from campaigns.priority import master_list, narrow
from campaigns.wireframes import HEIGHT, SPOTS, WIDTH, draw
from sites.models import Site


def placement_map(site: Site) -> dict[str, Any]:
    """For templates that include `campaigns/_wireframe.html`. Two queries."""
    rows = list(Placement.objects.filter(site=site).select_related("default_variant"))
    rules = master_list(site)
    placed = [(row.page, row.spot, {"placement": row, "rules": narrow(rules, row.key)}) for row in rows]
    return {
        "count": len(rows),
        "drawings": draw(placed),
        "spots": SPOTS.values(),
        "width": WIDTH,
        "height": HEIGHT,
    }
