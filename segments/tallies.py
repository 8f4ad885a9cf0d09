"""What is remembered of the events that event rows ask for, and what number does a row have for a visitor? Pure.

Of each row, or of several that differ in their windows alone, a profile keeps the marks of the latest events that it
counts, `Row.keep` at most, sorted. A mark says when, and what the row must know of the event; so the state depends on
which events there were, not on the sequence in which they were told, and that of two histories is the latest of both
(decision 0016). `Profile.counted` names what is complete for the whole history: another row has no number yet.
"""

from bisect import bisect_right, insort
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, NamedTuple

from segments.conditions import event_properties
from segments.conditions.event_rows import COUNT, PREFIX, SHARE, WORTH, Row, Step, row_of
from segments.effects.reading import worth_told
from segments.features import current
from segments.state import Mark, Profile
from sites.times import DAY_MS
from tracking.event import NAMED, Event

MAX_ROWS = 200  # of a site
MAX_MARKS = 6_400  # of all rows of a site together: some 60 KB in the most hostile profile
BETWEEN = ","  # names in `Profile.counted`, each of one length without it
_MOST_REMEMBERED = 1_000

MakeMark = Callable[[Event], Mark | None]
Test = Callable[[Event], bool] | None  # None: every event will do


class Counter(NamedTuple):
    """One row, or one step of a row: which events it counts, and the mark that one leaves for it."""

    key: str
    keep: int
    test: Test
    # Its moment, or with `step` (0 or 1) twice its moment and that; else what `make` says, None for no mark.
    step: int | None = None
    make: MakeMark | None = None


class Rows:
    """The rows that a site counts, ready for the fold, by what is remembered for them (`Row.tally`). Immutable, but for
    what it knows of profiles' names."""

    __slots__ = ("_kept", "by_key", "counted", "wanted")

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        self.by_key = dict(sorted({row.tally: row for row in rows}.items()))
        self.counted = BETWEEN.join(self.by_key)
        # By name of event: what no row wants costs one look.
        self.wanted: dict[str, Wanted] = {}
        self._kept: dict[str, str] = {}
        for key, row in self.by_key.items():
            for position, step in enumerate(row.steps):
                self.wanted.setdefault(step.event, Wanted()).add(key, row, step, position)

    @classmethod
    def named(cls, attributes: Iterable[str]) -> "Rows":
        """By the names of their attributes; a name of another version of Segue is left out."""
        return cls(row for name in attributes if (row := row_of(name)))

    @property
    def marks(self) -> int:
        """How many a profile remembers at most."""
        return sum(row.keep for row in self.by_key.values())

    def missing(self, profile: Profile) -> str:
        """Which of these are not complete in a profile, as `Profile.counted` names them."""
        if profile.counted == self.counted or not profile.events:
            return ""
        return BETWEEN.join(key for key in self.by_key if key not in profile.counted)

    def without(self, counted: str) -> "Rows":
        return Rows(row for key, row in self.by_key.items() if key not in counted) if counted else self

    def kept(self, counted: str) -> str:
        """Which of the rows that a profile names are among these."""
        found = self._kept.get(counted)
        if found is None:
            if len(self._kept) >= _MOST_REMEMBERED:
                self._kept.clear()
            found = self._kept[counted] = BETWEEN.join(key for key in counted.split(BETWEEN) if key in self.by_key)
        return found


class Wanted:
    """The counters of one name of event. Most rows ask that some property is one of few words: those are found by the
    word, so that of fifty rows on fifty categories each event meets one."""

    __slots__ = ("by_word", "others")

    def __init__(self) -> None:
        self.others: list[Counter] = []
        self.by_word: dict[str, dict[str, list[Counter]]] = {}  # property -> word

    def add(self, key: str, row: Row, step: Step, position: int) -> None:
        by_word = None if row.measure == SHARE else next(filter(_is_by_word, step.where), None)
        if by_word is None:
            self.others.append(_counter(key, row, step.where, position))
            return
        # By its word it is found, so that is not asked again.
        counter = _counter(key, row, tuple(test for test in step.where if test is not by_word), position)
        name, operator, argument = by_word
        table = self.by_word.setdefault(name, {})
        for word in argument if operator == "$in" else [argument]:
            table.setdefault(word, []).append(counter)


def _is_by_word(test: event_properties.Test) -> bool:
    name, operator, argument = test
    words = argument if operator == "$in" else [argument]
    is_listed = operator in ("$eq", "$in") and all(isinstance(word, str) for word in words)
    return is_listed and name[:1] != "$" and "." not in name


def _counter(key: str, row: Row, where: tuple[event_properties.Test, ...], position: int) -> Counter:
    test = event_properties.compile_tests(where)
    if row.measure == SHARE:
        return Counter(key, row.keep, None, make=_shares(test))
    if row.measure == WORTH:
        return Counter(key, row.keep, test, make=_worths(row.of))
    return Counter(key, row.keep, test, step=position if row.then else None)


def _shares(test: Test) -> MakeMark:
    """The moment, doubled, and in the last bit whether the event is as asked."""
    return lambda event: event.at * 2 + (test is None or test(event))


def _worths(of: str) -> MakeMark:
    def mark(event: Event) -> Mark | None:
        worth = worth_told(event, of)
        return None if worth is None else (event.at, worth)

    return mark


# --- the fold ---------------------------------------------------------------------------------------


def settle(profile: Profile, rows: Rows) -> None:
    """Before an event is folded. A new history is complete for all rows; of an old one what is no longer counted goes,
    and what is counted since waits for a recount (`segments.recounting`): what it had before is not known here."""
    if profile.seq == 1:
        profile.counted = rows.counted
        return
    kept = rows.kept(profile.counted)
    if kept != profile.counted:
        profile.counted = kept
        profile.tallies = {key: marks for key, marks in profile.tallies.items() if key in kept}


def count(profile: Profile, event: Event, rows: Rows) -> None:
    wanted = rows.wanted.get(event.name if event.type in NAMED else event.type)
    if wanted is not None:
        leave_marks(profile, event, wanted, rows)


def leave_marks(profile: Profile, event: Event, wanted: Wanted, rows: Rows) -> None:
    """`wanted` is what the rows want of events of this name; the fold looks it up itself, for most events have none."""
    counted = None if profile.counted == rows.counted else profile.counted  # None: all of them
    if wanted.others:
        leave(profile, event, wanted.others, counted)
    for name, table in wanted.by_word.items():
        value = event.properties.get(name)
        if value.__class__ is str:
            if value in table:
                leave(profile, event, table[value], counted)
        elif value.__class__ is list:
            found = [counter for word in value if isinstance(word, str) for counter in table.get(word, ())]
            # Once, though a counter asks for several of the words.
            leave(profile, event, list({id(counter): counter for counter in found}.values()), counted)


def leave(profile: Profile, event: Event, counters: Iterable[Counter], counted: str | None) -> None:
    """The marks of an event. Runs at most events, so it looks before it calls."""
    tallies = profile.tallies
    for key, keep, test, step, make in counters:
        if (test is not None and not test(event)) or (counted is not None and key not in counted):
            continue
        mark: Any = event.at if step is None else event.at * 2 + step
        if make is not None and (mark := make(event)) is None:
            continue
        marks = tallies.get(key)
        if marks is None:
            # In the order of their names, so that equal state is stored in equal bytes.
            tallies = profile.tallies = dict(sorted([*tallies.items(), (key, [mark])]))
            continue
        if mark >= marks[-1]:
            marks.append(mark)
        else:
            insort(marks, mark)
        if len(marks) > keep:
            del marks[0]


def recount(profile: Profile, rows: Rows, events: Iterable[Event]) -> None:
    """Counts what is not complete; what is stays, for it may know of events that are no longer kept. `events` are all
    of the visitor's, and of those whose histories are part of this one (`segments.histories`); in any order."""
    profile.tallies = {key: marks for key, marks in profile.tallies.items() if key in rows.by_key}
    missing = Rows(row for key, row in rows.by_key.items() if key not in profile.counted)
    fresh = Profile(counted=missing.counted)
    for event in events:
        count(fresh, event, missing)
    profile.counted, profile.tallies = rows.counted, dict(sorted((profile.tallies | fresh.tallies).items()))


def join(profile: Profile, absorbed: Profile, rows: Rows) -> None:
    """Into the first. What one of both has not counted is counted of neither."""
    for one in (profile, absorbed):
        kept = rows.kept(one.counted)
        one.tallies = {key: marks for key, marks in one.tallies.items() if key in kept}
        one.counted = kept
    both = BETWEEN.join(key for key in profile.counted.split(BETWEEN) if key and key in absorbed.counted)
    tallies = {}
    for key in sorted({*profile.tallies, *absorbed.tallies}):
        if key in both:
            marks = sorted([*profile.tallies.get(key, ()), *absorbed.tallies.get(key, ())])
            tallies[key] = marks[-rows.by_key[key].keep :]
    profile.counted, profile.tallies = both, tallies


# --- the number of a row ----------------------------------------------------------------------------


@lru_cache(maxsize=512)
def _read(attribute: str) -> tuple[str, Row] | None:
    row = row_of(attribute)
    return (row.tally, row) if row else None


def number(profile: Profile, end: str, now: int) -> float | None:
    """Of the row whose attribute ends so behind its prefix: a count, minor units, or per cent. None: it is not counted
    yet for this visitor."""
    known = _read(PREFIX + end)
    if known is None:
        return None
    key, row = known
    marks = profile.tallies.get(key)
    if not marks:  # whoever did nothing at all has done nothing of what a row asks
        return 0 if key in profile.counted or not profile.events else None
    return value_of(row, marks, since_of(row, profile, now))


def since_of(row: Row, profile: Profile, now: int) -> int:
    """Events after this moment are in the window."""
    if row.session:
        session = current(profile, now)
        return session.started_at - 1 if session.number else now
    return now - row.days * DAY_MS if row.days else 0


def value_of(row: Row, marks: list[Mark], since: int) -> float:
    """Of marks in their order, those after `since`."""
    if row.measure == WORTH:
        return sum(worth for at, worth in marks if at > since)  # type: ignore[misc]
    if row.measure == COUNT and row.then is None:
        return len(marks) - bisect_right(marks, since)
    doubled = marks[bisect_right(marks, since * 2 + 1) :]
    if row.measure == SHARE:
        return 100 * sum(int(mark & 1) for mark in doubled) / len(doubled) if doubled else 0  # type: ignore[operator, misc]
    return _followed(doubled, row.within_ms)  # type: ignore[arg-type]


def _followed(doubled: list[int], within_ms: int) -> int:
    """How many of the second step come after one of the first, later and in time: the latest before it decides."""
    found, before, latest = 0, -1, -1  # the two latest different moments of the first step
    for mark in doubled:
        at, position = mark >> 1, mark & 1
        if not position:
            if at > latest:
                before, latest = latest, at
            continue
        start = latest if latest < at else before
        found += start >= 0 and at - start <= within_ms
    return found
