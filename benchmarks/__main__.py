"""Runs every benchmark, prints the promises with their yardsticks, and writes docs/performance.md. `make bench`.

`--runs 3` does all of it three times and tells the medians; a promise is kept that every run kept.
`python -m benchmarks rules profiles` runs only those named and writes nothing. `breakdown` says where the time of a
request goes.
"""

import argparse
import importlib
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import django

from benchmarks.measure import Row, median_of

PAGE = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
MODULES = {
    "rules": "benchmarks.rules",
    "bots": "benchmarks.bots",
    "patterns": "benchmarks.patterns",
    "profiles": "benchmarks.profiles",
    "intake": "benchmarks.intake",
    "consumer": "benchmarks.consumer",
    "experiments": "benchmarks.experiments",
    "bandits": "benchmarks.bandits",
    "ope": "benchmarks.ope",
    "serving": "benchmarks.serving.run",
    "footprint": "benchmarks.footprint",
}
BREAKDOWN = "breakdown"


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "personalization.settings")
    django.setup()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="benchmark", help=", ".join([*MODULES, BREAKDOWN]))
    parser.add_argument("--runs", type=int, default=1, help="how often all of it is measured")
    asked = parser.parse_args()
    names = asked.names or [*MODULES, BREAKDOWN]
    if unknown := set(names) - {*MODULES, BREAKDOWN}:
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")

    rows, failures = measure([name for name in names if name in MODULES], asked.runs)
    if not asked.names:
        write("figures", table(rows, asked.runs))
    if BREAKDOWN in names:
        from benchmarks import breakdown

        text = breakdown.run()
        print(text)
        if not asked.names:
            write(BREAKDOWN, text)

    missed = [line(row) for row in rows if row.verdict == "MISSED"]
    print(*[f"MISSED: {said}" for said in missed], *[f"FAILED: {said}" for said in failures], sep="\n")
    return 1 if missed or failures else 0


def measure(names: list[str], runs: int) -> tuple[list[Row], list[str]]:
    """The rows, medians of all runs, and what failed: an hour of figures is not lost for one benchmark."""
    measured: list[list[Row]] = []
    failures = []
    for run in range(runs):
        measured.append([])
        for name in names:
            print(f"\n{name}" + (f", run {run + 1} of {runs}" if runs > 1 else ""), flush=True)
            try:
                found = importlib.import_module(MODULES[name]).run()
            except Exception as error:
                failures.append(f"{name}, run {run + 1}: {type(error).__name__}: {error}")
                print(f"  {failures[-1]}", flush=True)
                continue
            measured[-1] += found
            print("\n".join("  " + line(row) for row in found), flush=True)
    rows = median_of(measured)
    if runs > 1:
        print(f"\nmedians of {runs} runs", *[line(row) for row in rows], sep="\n  ")
    return rows, failures


def line(row: Row) -> str:
    sign = "<=" if row.lower else ">="
    figures = f"{row.value:12,.1f} {row.unit:12} {row.ratio:10.3g} x {row.yardstick} ({row.yardstick_value:,.1f})"
    bounds = f"must {sign} {row.must:g}, aim {sign} {row.aim:g}: {row.verdict}"
    return f"{row.promise:44} {figures}; {bounds}{_in_each(row)}"


def _in_each(row: Row) -> str:
    return f" ({', '.join(f'{ratio:.3g}' for ratio in row.ratios)})" if len(row.ratios) > 1 else ""


def write(section: str, text: str) -> None:
    """Puts it between the section's marks of the page; what people wrote around it stays."""
    begin, end = f"<!-- {section}: begin -->", f"<!-- {section}: end -->"
    head, _, rest = PAGE.read_text().partition(begin)
    _, _, tail = rest.partition(end)
    PAGE.write_text(f"{head}{begin}\n\n{text}\n{end}{tail}")
    print(f"\n{section} written to {PAGE.relative_to(PAGE.parent.parent)}")


def table(rows: list[Row], runs: int) -> str:
    times = "once" if runs == 1 else f"{runs} times; figures are medians, and a promise is kept that every run kept"
    lines = [
        f"Measured {datetime.now(UTC):%Y-%m-%d} at commit {commit()}, {times}. {machine()}.",
        "Ratios come from one run; absolute figures move with the machine.",
        "",
        "| promise | ours | unit | yardstick | its figure | ratio | must | aim | |",
        "| --- | ---: | --- | --- | ---: | ---: | ---: | ---: | --- |",
    ]
    for row in rows:
        sign = "≤" if row.lower else "≥"
        figures = f"{row.value:,.4g} | {row.unit} | {row.yardstick} | {row.yardstick_value:,.4g}"
        bounds = f"{sign} {row.must:g} | {sign} {row.aim:g}"
        lines.append(f"| {row.promise} | {figures} | {row.ratio:.3g}{_in_each(row)} | {bounds} | {row.verdict} |")
    notes = [f"- {row.promise}: {row.note}" for row in rows if row.note]
    return "\n".join([*lines, "", *notes]) + "\n"


def commit() -> str:
    found = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    return found.stdout.strip() or "unknown"


def machine() -> str:
    said = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    model = next((one.partition(":")[2].strip() for one in said if one.startswith("model name")), "unknown processor")
    return f"{os.cpu_count()} cores of {model}, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}"


if __name__ == "__main__":
    sys.exit(main())
