"""What does a pattern cost a decision? An everyday one, a hostile visitor, and the worst that is accepted, beside a
loop of plain Python.

`python -m benchmarks patterns` prints the table. Each look is at another text, as visitors send them: an engine that
remembers texts gains nothing.
"""

import random
import re
from collections.abc import Callable
from itertools import cycle

from benchmarks.measure import LOOP, Row, cpu_us, loop, within
from segments.conditions.patterns import MAX_PATTERN, MAX_TEXT, fault_of, finder

EVERYDAY = r"^/(de|en|fr)/[\w-]+/sale"
SLASHES = "(.*)/(.*)/checkout"  # in a live rule: a visitor with a path of slashes cost 73 ms
TEXTS = 200
ALPHABETS = ("ab", "abc", "aäß€😀", "ab/", "a😀", "abx/ä")
ATOMS = ("a", "b", "[ab]", ".", "[^c]", "ä", "[a-zä]", r"\w", "[^/]", "😀")


def texts(rng: random.Random, alphabet: str, number: int) -> list[str]:
    return ["".join(rng.choices(alphabet, k=MAX_TEXT)) for _ in range(number)]


def worst_accepted(rng: random.Random, candidates: int) -> tuple[float, str]:
    """The dearest of so many accepted patterns, with its CPU microseconds a look."""
    worst = (0.0, "")
    while candidates:
        pattern = _choice(rng, 3) + rng.choice(["", "!", "$", "c$", "!$"])
        if len(pattern) > MAX_PATTERN or fault_of(pattern):
            continue
        candidates -= 1
        for alphabet in ALPHABETS:
            worst = max(worst, (cpu_us(of_each(finder(pattern), texts(rng, alphabet, 15)), 5, rounds=3), pattern))
    return worst


def _choice(rng: random.Random, depth: int) -> str:
    return "|".join("".join(_repeated(rng, depth) for _ in range(rng.randint(1, 5))) for _ in range(rng.randint(1, 3)))


def _repeated(rng: random.Random, depth: int) -> str:
    if depth == 0 or rng.random() < 0.45:
        return rng.choice(ATOMS)
    if rng.random() < 0.45:
        return f"({_choice(rng, depth - 1)})"
    least = rng.randint(0, 30)
    return _repeated(rng, depth - 1) + rng.choice(
        ["*", "+", "?", f"{{{least}}}", f"{{{least},}}", f"{{{least},{least + rng.randint(1, 60)}}}"]
    )


def of_each(find: Callable[[str], object], given: list[str]) -> Callable[[], object]:
    turn = cycle(given)
    return lambda: find(next(turn))


def run() -> list[Row]:
    rng = random.Random(2026)
    paths = [
        f"/{rng.choice(['de', 'en', 'it'])}/item-{number}/{rng.choice(['sale', 'new'])}" for number in range(TEXTS)
    ]
    slashes = ["/" * (MAX_TEXT - 8) + f"{number:08}" for number in range(TEXTS)]
    everyday = of_each(finder(EVERYDAY), paths)
    hostile, hostile_by_re = (
        cpu_us(of_each(finder(SLASHES), slashes), TEXTS),
        cpu_us(of_each(re.compile(SLASHES).search, slashes), 3),
    )
    worst, pattern = worst_accepted(rng, 1_000)
    one_loop = cpu_us(loop, 1_000)
    return [
        within("a pattern, an ordinary path", everyday, LOOP, loop, must=0.85, aim=0.5, repeat=TEXTS),
        Row(
            "a pattern, a hostile path",
            hostile,
            "us",
            "Python's re, the same",
            hostile_by_re,
            hostile_by_re / hostile,
            100,
            1000,
        ),
        Row(
            "the dearest of 1,000 patterns, hostile text",
            worst,
            "us",
            LOOP,
            one_loop,
            worst / one_loop,
            290,
            145,
            lower=True,
            note=f"`{pattern}`".replace("|", "\\|"),
        ),
    ]
