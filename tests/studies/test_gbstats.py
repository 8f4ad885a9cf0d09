"""Does GrowthBook's statistics package say the same, where both define the same?

It runs in an environment of its own, as it asks for older packages than ours. What differs on purpose: our
shares have intervals of the normal distribution, theirs of Student's t; a lift after CUPED is theirs by the mean before
the adjustment, ours by the mean after it.
"""

import json
import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest

from campaigns.results import bayes, cuped, mismatch, pairs, sums
from campaigns.results.metrics import Kind, Metric
from campaigns.results.moments import moments
from tests.architecture import ROOT

pytestmark = pytest.mark.study
HERE = Path(__file__).resolve().parent / "gbstats"
UV, ENVIRONMENT = ROOT / ".venv/bin/uv", ROOT / "var/gbstats"
KINDS = {"proportion": Kind.PROPORTION, "mean": Kind.MEAN, "ratio": Kind.RATIO, "cuped": Kind.MEAN}
CASES = 60  # of each kind


@pytest.fixture(scope="module")
def python() -> str:
    """Of the environment with the pinned packages, made where it is not there yet."""
    found, wanted, stamp = ENVIRONMENT / "bin/python", HERE / "requirements.txt", ENVIRONMENT / ".installed"
    if not stamp.exists() or stamp.stat().st_mtime < wanted.stat().st_mtime:
        if not UV.exists():
            pytest.skip(f"NO GBSTATS: there is no {UV} to make its environment with")
        subprocess.run([UV, "venv", "-q", "--clear", "--python", sys.executable, ENVIRONMENT], check=True)
        install = [UV, "pip", "install", "-q", "--python", found, "--require-hashes", "-r", wanted]
        for command in (install, [*install, "--system-certs"]):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if not done.returncode:
                break
        else:
            pytest.skip(f"NO GBSTATS: its packages cannot be installed: {done.stderr[-500:]}")
        stamp.touch()
    return str(found)


def _cases() -> list[dict]:
    rng = np.random.default_rng(30)
    found = []
    for kind in KINDS:
        for _ in range(CASES):
            sides = [_side(rng, kind, int(rng.integers(400, 5_000))) for _ in "ab"]
            found.append({"kind": kind, "sides": sides, "more_is_better": bool(rng.random() < 0.5)})
    return found


def _side(rng, kind: str, n: int) -> sums.Sums:
    if kind == "proportion":
        return sums.of_arrays((rng.random(n) < rng.uniform(0.1, 0.9)).astype(int))
    x = rng.gamma(2, 500, n)
    y = (0.8 * x * rng.uniform(0.9, 1.1) + rng.gamma(2, 300, n)).astype(int)
    return sums.of_arrays(y, d=rng.geometric(0.3, n), x=x.astype(int))


def _ours(case: dict) -> dict:
    metric, (control, arm) = Metric("m", "M", KINDS[case["kind"]]), case["sides"]
    of = {"a": moments(control, metric), "b": moments(arm, metric)}
    if case["kind"] == "cuped":
        of = cuped.adjusted({"a": control, "b": arm}, metric)
    pair = pairs.pair(of["a"], of["b"])
    belief = bayes.believe(pair.lift, more_is_better=case["more_is_better"])
    found = {
        "srm": mismatch.fit({"a": control.n, "b": arm.n}, {"a": 1.0, "b": 1.0}).p,
        "belief": {
            "chance": belief.chance_to_win,
            "interval": [belief.low, belief.high],
            "risk": [belief.loss_of_control, belief.loss_of_arm],
        },
    }
    for scale, effect in (("relative", pair.lift), ("absolute", pair.difference)):
        found[scale] = {
            "value": effect.value,
            "se": effect.se,
            "fixed": [effect.fixed.low, effect.fixed.high],
            "fixed_p": effect.fixed_p,
            "always": [effect.always.low, effect.always.high],
            "always_p": effect.p,
        }
    return found


def test_growthbook_says_the_same(python):
    cases = _cases()
    asked = [
        {key: case[key] for key in ("kind", "more_is_better")}
        | {
            name: {field: getattr(side, field) for field in side.__struct_fields__}
            for name, side in zip(("control", "arm"), case["sides"], strict=True)
        }
        for case in cases
    ]
    done = subprocess.run(
        [python, HERE / "ask.py"], input=msgspec.json.encode(asked), capture_output=True, check=False, timeout=250
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]

    compared = 0
    for case, theirs in zip(cases, json.loads(done.stdout), strict=True):
        ours = _ours(case)
        for path in _paths(case["kind"]):
            one, other = (_at(each, path) for each in (ours, theirs))
            assert one == pytest.approx(other, rel=1e-6, abs=1e-9), (case["kind"], path)
            compared += 1
    print(f"\ngbstats: {compared:,} figures of {len(cases)} comparisons are the same to 1e-6")


def _paths(kind: str) -> list[tuple[str, ...]]:
    once = ("fixed", "fixed_p") if kind != "proportion" else ()
    figures = ("value", "se", "always", "always_p", *once)
    paths = [("srm",), *(("absolute", figure) for figure in figures)]
    if kind != "cuped":
        paths += [
            *(("relative", figure) for figure in figures),
            *(("belief", each) for each in ("chance", "interval", "risk")),
        ]
    return paths


def _at(answer: dict, path: tuple[str, ...]):
    for key in path:
        answer = answer[key]
    return answer
