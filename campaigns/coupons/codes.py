"""How is a code written, read from a list, and made? Pure: chance is an argument."""

import re
from collections.abc import Callable, Container, Iterator
from typing import NamedTuple

LONGEST = 40  # characters
MOST_AT_ONCE = 50_000
SHOWN_FAULTS = 5
# Without what is read as something else: 0 and O, 1 and I and L.
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
HOLE = "#"
# A code that is good once must not be found by trying: of so many that fit the pattern, one is good.
TRIES_FOR_ONE = 1_000_000
_BETWEEN = re.compile(r"[,;\t]")
_HEADINGS = {"CODE", "CODES", "COUPON", "COUPONS", "COUPON CODE"}


def as_kept(typed: str) -> str:
    """The one form in which a code is kept and compared: capital letters, single spaces."""
    return " ".join(typed.replace("\0", "").split()).upper()


def fault_of(code: str) -> str:
    """What is wrong with a code as it is kept; empty where nothing is."""
    if len(code) > LONGEST:
        return f"at most {LONGEST} characters"
    if not code.isprintable() or _BETWEEN.search(code) or '"' in code:
        return "letters, digits and - only, without commas, semicolons and quotation marks"
    return "" if code else "nothing is written"


class Listed(NamedTuple):
    codes: list[str]  # each once, in the order of the list
    faults: list[str]


def read_list(text: str) -> Listed:
    """Codes between commas, semicolons, tabs or line ends. Where the first is a heading, it is a table, of whose lines
    only the first cell counts."""
    lines = [_BETWEEN.split(line) for line in text.lstrip("\ufeff").splitlines()]
    is_table = bool(lines) and _plain(lines[0][0]) in _HEADINGS
    cells = [line[0] for line in lines[1:]] if is_table else [cell for line in lines for cell in line]
    found = list(dict.fromkeys(filter(None, map(_plain, cells))))
    faults = [f"“{code[:LONGEST]}”: {fault}" for code in found if (fault := fault_of(code))]
    if len(found) > MOST_AT_ONCE:
        faults.append(f"At most {MOST_AT_ONCE:,} at once: split the list.")
    return Listed(found, faults)


def _plain(cell: str) -> str:
    """Without the quotation marks that a table may have around it."""
    return as_kept(cell.strip().strip('"'))


def pattern_fault(pattern: str, number: int) -> str:
    """Why so many codes cannot be made by it; empty where they can."""
    code = as_kept(pattern)
    if fault := fault_of(code):
        return f"{fault[0].upper()}{fault[1:]}."
    least = 1
    while len(ALPHABET) ** least < number * TRIES_FOR_ONE:
        least += 1
    if code.count(HOLE) < least:
        return f"Write {HOLE} at least {least} times, or codes could be guessed: as in SPRING-{HOLE * least}."
    return ""


def generate(pattern: str, number: int, taken: Container[str], choose: Callable[[str], str]) -> Iterator[str]:
    """New codes, each HOLE another letter or digit, which `choose` draws. Expects a pattern without fault."""
    made: set[str] = set()
    while len(made) < number:
        code = "".join(choose(ALPHABET) if letter == HOLE else letter for letter in as_kept(pattern))
        if code not in made and code not in taken:
            made.add(code)
            yield code
