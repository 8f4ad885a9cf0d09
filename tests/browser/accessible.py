"""What does axe find serious in a page that is open?"""

from collections.abc import Sequence
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

SERIOUS = {"serious", "critical"}
CONTRAST = "color-contrast"  # the one rule of axe that colours decide, and most of its time
# What stands around each page, and rows that are made as the three before them: looked at on one page, and thrice.
SHELL = ["#nav-sidebar", "#header-inner"]
REPEATED = ["tbody > tr:nth-child(n + 4)", "li:nth-child(n + 8)", "option:nth-child(n + 4)"]


def faults(page: Page, rules: dict[str, Any] | None = None, but: Sequence[str] = ()) -> list[str]:
    """Shadow roots included. `but` names what is left out, as selectors."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    found = page.evaluate(
        "([context, options]) => axe.run(context, options)",
        [{"exclude": [[selector] for selector in but]}, {"resultTypes": ["violations"]} | (rules or {})],
    )
    return [
        f"{violation['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for violation in found["violations"]
        if violation["impact"] in SERIOUS
        for node in violation["nodes"]
    ]
