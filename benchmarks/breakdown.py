"""Where do the microseconds of a request go? Which thread uses them, and on what the thread that runs Python does.

`python -m benchmarks breakdown`. How it looks, and what it cannot see, says `benchmarks/serving/sampling.py`.
"""

import json
import os
import urllib.request
from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import redis

from benchmarks.serving.load import Figures, load
from benchmarks.serving.requests import batch, question, script, warm
from benchmarks.serving.sampling import Stack
from benchmarks.serving.stack import Server, publish, stores, web

SAMPLED = "benchmarks.serving.sampled:application"
SECONDS = 20
DEAREST = 25  # functions told beside the table
ELSEWHERE = "event loop, and waking it"

# What a module is for, or one function of it; what is not listed counts for whom it works, the nearest caller that is.
STAGES = {
    "personalization.edge.application": "route, headers, metrics",
    "personalization.edge.routes": "route, headers, metrics",
    "personalization.edge.http": "route, headers, metrics",
    "personalization.metrics": "route, headers, metrics",
    "personalization.edge.question": "reading the question",
    "personalization.edge.admission": "asking: site, context, consent, who",
    "personalization.edge.asker": "asking: site, context, consent, who",
    "personalization.edge.learning": "profile",
    "personalization.edge.learning:_receive": "intake",
    "personalization.edge.counting": "asking: site, context, consent, who",
    "personalization.context": "asking: site, context, consent, who",
    "privacy.consent": "asking: site, context, consent, who",
    "personalization.edge.decision": "asking: site, context, consent, who",
    "personalization.edge.answer": "answer, token, row of the log",
    "personalization.engagement": "answer, token, row of the log",
    "personalization.decide": "deciding",
    "personalization.edge.buffer": "appending decisions",
    "tracking.pipeline": "intake",
    "tracking.steps": "intake",
    "tracking.intake": "intake",
    "personalization.edge.collect": "intake",
    "segments.profile": "fold",
    "segments.sessions": "fold",
    "segments.effects": "fold",
    "segments.profiles": "profile",
    "tracking.log": "entry of the log",
    "personalization.redis": "Redis",
    "benchmarks": "measuring",
}


@dataclass(frozen=True)
class Spent:
    """CPU microseconds a request: of the thread that runs Python, and of all others of the server."""

    python_user: float
    python_system: float
    others_user: float
    others_system: float


@dataclass(frozen=True)
class Breakdown:
    """One hot path under load."""

    figures: Figures
    spent: Spent
    samples: list[tuple[int, Stack]]


def run() -> str:
    """The tables, as they stand in docs/performance.md."""
    with ExitStack() as stack:
        environment = stack.enter_context(stores())
        with redis.Redis.from_url(environment["REDIS_URL"]) as client:
            publish(client, 1_000)
        edge = stack.enter_context(web(SAMPLED, environment))
        warm(edge)
        decided = look(edge, script("/v1/decide", question()))
        collected = look(edge, script("/v1/batch", batch("$V", 1, "$M").decode()))
    for name, found in (("a decision", decided), ("a batch of ten events", collected)):
        print(f"\nfunctions in which {name} spends most, callees in C included", *dearest(found), sep="\n  ")
    return f"{told('A decision, 1,000 rules', decided)}\n{told('A batch of ten events', collected)}"


def look(edge: Server, requests: str) -> Breakdown:
    """Under the load of the promises, after a round that warms up."""
    load(edge.url, edge.group, script=requests, seconds=3)
    samples(edge)
    before = ticks(edge.group)
    figures = load(edge.url, edge.group, script=requests, seconds=SECONDS)
    after = ticks(edge.group)
    spent = [1e6 * (now - then) / os.sysconf("SC_CLK_TCK") for now, then in zip(after, before, strict=True)]
    return Breakdown(figures, Spent(*(one / figures.requests for one in spent)), samples(edge))


def samples(edge: Server) -> list[tuple[int, Stack]]:
    with urllib.request.urlopen(f"{edge.url}/samples") as answer:
        return [(count, tuple(stack)) for count, stack in json.load(answer)]


def ticks(group: int) -> tuple[int, int, int, int]:
    """Ticks so far of all main threads of a process group, user and system, and of their other threads. The server's
    first process does nothing under load, and its worker runs Python in the main thread."""
    spent = [0, 0, 0, 0]
    for thread in Path("/proc").glob("[0-9]*/task/[0-9]*"):
        try:
            fields = (thread / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # ended meanwhile
            continue
        if int(fields[2]) == group:
            first = 0 if thread.name == thread.parent.parent.name else 2
            spent[first] += int(fields[11])
            spent[first + 1] += int(fields[12])
    return spent[0], spent[1], spent[2], spent[3]


def stage_of(stack: Iterable[str]) -> str:
    """What the innermost function is about that the table knows."""
    for name in stack:
        if name in STAGES:
            return STAGES[name]
        module = name.partition(":")[0]
        while module:
            if module in STAGES:
                return STAGES[module]
            module = module.rpartition(".")[0]
    return ELSEWHERE


def stages(samples: list[tuple[int, Stack]]) -> dict[str, float]:
    """The share of each stage, the largest first."""
    counts: Counter[str] = Counter()
    for count, stack in samples:
        counts[stage_of(stack)] += count
    total = max(1, counts.total())
    return {stage: count / total for stage, count in counts.most_common()}


def told(title: str, found: Breakdown) -> str:
    spent, figures = found.spent, found.figures
    python = spent.python_user + spent.python_system
    number = sum(count for count, _ in found.samples)
    lines = [
        f"**{title}** ({figures.rate:,.0f} requests/s, {number:,} samples; CPU microseconds a request):",
        "",
        "| | us | of the thread |",
        "| --- | ---: | ---: |",
    ]
    for stage, share in stages(found.samples).items():
        lines.append(f"| {stage} | {share * python:.1f} | {share:.0%} |")
    lines += [
        (
            f"| the thread that runs Python: user {spent.python_user:.0f}, system {spent.python_system:.0f} |"
            f" {python:.0f} | |"
        ),
        (
            f"| the server's own threads: user {spent.others_user:.0f}, system {spent.others_system:.0f}"
            f" | {spent.others_user + spent.others_system:.0f} | |"
        ),
    ]
    return "\n".join(lines) + "\n"


def dearest(found: Breakdown) -> list[str]:
    """The functions in which samples were found, with what they called in C."""
    counts: Counter[str] = Counter()
    for count, stack in found.samples:
        counts[stack[0] if stack else ELSEWHERE] += count
    python, total = found.spent.python_user + found.spent.python_system, max(1, counts.total())
    return [f"{python * count / total:6.1f} us  {name}" for name, count in counts.most_common(DEAREST)]
