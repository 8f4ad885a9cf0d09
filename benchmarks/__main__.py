"""Runs every benchmark, prints the promises with their yardsticks, and writes docs/performance.md. `make bench`.

`python -m benchmarks rules profiles` runs only those named and writes nothing.
"""

import importlib
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import django

from benchmarks.measure import Row

PAGE = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
MODULES = {
    "rules": "benchmarks.rules",
    "bots": "benchmarks.bots",
    "patterns": "benchmarks.patterns",
    "profiles": "benchmarks.profiles",
    "intake": "benchmarks.intake",
    "consumer": "benchmarks.consumer",
    "serving": "benchmarks.serving.run",
    "footprint": "benchmarks.footprint",
}


def main(names: list[str]) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "personalization.settings")
    django.setup()
    rows: list[Row] = []
    for name in names or MODULES:
        print(f"\n{name}", flush=True)
        for row in importlib.import_module(MODULES[name]).run():
            print("  " + line(row), flush=True)
            rows.append(row)
    if not names:
        write(rows)
    missed = [row for row in rows if row.verdict == "MISSED"]
    for row in missed:
        print(f"MISSED: {line(row)}")
    return 1 if missed else 0


def line(row: Row) -> str:
    sign = "<=" if row.lower else ">="
    bounds = f"must {sign} {row.must:g}, aim {sign} {row.aim:g}: {row.verdict}"
    return f"{row.promise:40} {row.value:12,.1f} {row.unit:12} {row.ratio:10.3g} x {row.yardstick} ({row.yardstick_value:,.1f}); {bounds}"


def write(rows: list[Row]) -> None:
    """Puts the table between the marks of the page; what people wrote around it stays."""
    text = PAGE.read_text()
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    PAGE.write_text(f"{head}{BEGIN}\n\n{table(rows)}\n{END}{tail}")
    print(f"\nwritten to {PAGE.relative_to(PAGE.parent.parent)}")


def table(rows: list[Row]) -> str:
    commit = (
        subprocess.run(
            ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
        ).stdout.strip()
        or "unknown"
    )
    cores, python = os.cpu_count(), platform.python_version()
    lines = [
        f"Measured {datetime.now(UTC):%Y-%m-%d} at commit {commit}: {cores} cores, Python {python}.",
        "Ratios come from one run; absolute figures move with the machine.",
        "",
        "| promise | ours | unit | yardstick | its figure | ratio | must | aim | |",
        "| --- | ---: | --- | --- | ---: | ---: | ---: | ---: | --- |",
    ]
    for row in rows:
        sign = "≤" if row.lower else "≥"
        figures = f"{row.value:,.4g} | {row.unit} | {row.yardstick} | {row.yardstick_value:,.4g} | {row.ratio:.3g} | {sign} {row.must:g} | {sign} {row.aim:g}"
        lines.append(f"| {row.promise} | {figures} | {row.verdict} |")
    notes = [f"- {row.promise}: {row.note}" for row in rows if row.note]
    return "\n".join([*lines, "", *notes]) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
