"""What stands above every tab of an experiment?"""

from datetime import datetime
from typing import Any

from campaigns.models import Treatment
from personalization.experiment_page.standing import standings_of
from sites.models import Site


def framed(site: Site, row: Treatment, tab: str, now: datetime) -> dict[str, Any]:
    return {
        "site": site,
        "title": row.name,
        "treatment": row,
        "tab": tab,
        "standing": standings_of(site, [row], now)[row.pk],
    }
