"""What numbers do event rows have for visitors whose profiles do not count them? The same rows in SQL, over the stored
events: for estimates before anything is published.

Keep in step with `segments.conditions.event_properties`, `segments.effects.reading.worth_told` and `segments.tallies`:
`tests/segments/test_event_row_ways.py` holds all of them to the same numbers. What comes from outside are parameters
only.
"""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from segments.bounds import MOST_EXACT, MOST_MINOR
from segments.conditions.event_properties import DECIMAL, PAGE, Test
from segments.conditions.event_rows import SHARE, WORTH, Row, Step
from segments.effects.reading import AMOUNTS
from sites.money import unusual_scales
from tracking.event import NAMED


class Asked(NamedTuple):
    """A visitor (32 hexadecimal digits), and the moment (milliseconds) after which events are in the window."""

    visitor: str
    since: int


# Whose events are a visitor's: their own, and those of all who became part of their history.
_OWNERS = """
WITH RECURSIVE asked AS (
    SELECT * FROM unnest(%s::int[], %s::uuid[], %s::bigint[]) AS asked(n, visitor, since)
), owners(visitor, root) AS (
    SELECT DISTINCT visitor, visitor FROM asked
    UNION
    SELECT absorbed.id, owners.root
    FROM tracking_visitor AS absorbed JOIN owners ON absorbed.merged_into_id = owners.visitor
)"""
_AT = "(extract(epoch FROM at) * 1000)::bigint"
# A row has the latest marks alone, as a profile remembers no more.
_NUMBERS = """, marks AS (
    SELECT root, at, value FROM (
        SELECT root, at, value, row_number() OVER (PARTITION BY root ORDER BY at DESC, value DESC) AS place
        FROM ({events}) AS found
    ) AS ranked WHERE place <= %s
)
SELECT n, {number} FROM asked JOIN marks ON marks.root = asked.visitor AND marks.at > asked.since {where} GROUP BY n
"""
_FOLLOWS = """
WHERE marks.value = 1 AND EXISTS (
    SELECT FROM marks AS start WHERE start.root = marks.root AND start.value = 0
    AND start.at > asked.since AND start.at < marks.at AND marks.at - start.at <= %s
)
"""
_TEXT = "v #>> '{}'"
_DECIMAL = f"'^{DECIMAL.pattern}$'"
_NUMBER = f"""CASE jsonb_typeof(v) WHEN 'number' THEN ({_TEXT})::numeric
    WHEN 'string' THEN CASE WHEN {_TEXT} ~ {_DECIMAL} THEN ({_TEXT})::numeric END END"""
_SCALE = " ".join(f"WHEN '{code}' THEN {scale}" for code, scale in sorted(unusual_scales().items()))
_SCALE = f"CASE context ->> 'currency' {_SCALE} ELSE 100 END"
_IS_FOREIGN = r"""(COALESCE(context ->> 'currency', '') <> '' AND CASE jsonb_typeof(properties -> 'currency')
    WHEN 'string' THEN upper(btrim(left(properties ->> 'currency', 64), E' \t\n\r\f\v'))
        NOT IN ('', context ->> 'currency')
    ELSE COALESCE(jsonb_typeof(properties -> 'currency') = 'number', false) END)"""

Part = tuple[str, list[Any]]  # SQL and its parameters


def numbers(row: Row, asked: Sequence[Asked]) -> list[float]:
    """One for each that is asked: a count, minor units, or per cent. One query."""
    events, values = _events(row)
    number = {WORTH: "sum(value)", SHARE: "100 * sum(value)::double precision / count(*)"}.get(row.measure, "count(*)")
    where, more = (_FOLLOWS, [row.within_ms]) if row.then else ("", [])
    query = _OWNERS + _NUMBERS.format(events=events, number=number, where=where)
    places: list[Any] = [
        list(range(len(asked))), [UUID(one.visitor) for one in asked], [one.since for one in asked]
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(query, [*places, *values, row.keep, *more])
        found = dict(cursor.fetchall())
    return [_plain(found.get(n, 0)) for n in range(len(asked))]


def _plain(number: Any) -> float:
    return number if isinstance(number, float) else int(number)


def _events(row: Row) -> Part:
    """The marks of all events that count."""
    if row.measure == SHARE:
        value, values = _holds(row.where)
        events, named = _step(Step(row.event), f"({value})::int")
        return events, [*values, *named]
    if row.measure == WORTH:
        worth, told = _worth(row.of)
        events, values = _step(Step(row.event, row.where), worth)
        return f"SELECT * FROM ({events}) AS told WHERE value IS NOT NULL", [*told, *values]  # noqa: S608
    steps = [_step(step, str(position)) for position, step in enumerate(row.steps)]
    return " UNION ALL ".join(query for query, _ in steps), [value for _, values in steps for value in values]


def _step(step: Step, value: str) -> Part:
    condition, values = condition_of(step)
    query = f"""SELECT root, {_AT} AS at, {value} AS value
    FROM tracking_event JOIN owners ON visitor_id = owners.visitor WHERE {condition}"""  # noqa: S608
    return query, values


def condition_of(step: Step) -> Part:
    """Holds for those rows of `tracking_event` that are such events; never NULL."""
    condition, values = _holds(step.where)
    return f"CASE WHEN type = ANY(%s) THEN name ELSE type END = %s AND {condition}", [
        sorted(NAMED),
        step.event,
        *values,
    ]


def _worth(of: str) -> Part:
    """Minor units; NULL where nothing is told."""
    plain = _NUMBER.replace(DECIMAL.pattern, DECIMAL.pattern.removeprefix("-?"))
    amount = f"""(SELECT CASE WHEN number >= 0 AND number < {MOST_EXACT}
        THEN LEAST(round(number::double precision * {_SCALE}), {MOST_MINOR})::bigint END
        FROM (SELECT {plain} AS number FROM (SELECT properties -> %s AS v) AS told) AS read)"""  # noqa: S608
    names = [of] if of else list(AMOUNTS)
    return f"CASE WHEN NOT {_IS_FOREIGN} THEN COALESCE({', '.join([amount] * len(names))}) END", list(names)


def _holds(tests: Sequence[Test]) -> Part:
    parts = [_test(*test) for test in tests]
    condition = " AND ".join(f"COALESCE({query}, false)" for query, _ in parts) or "true"
    return condition, [value for _, values in parts for value in values]


def _test(name: str, operator: str, argument: Any) -> Part:
    value, names = _value(name)
    test, values = _OPERATORS[operator](argument)
    return f"(SELECT {test} FROM (SELECT {value} AS v) AS told)", [*values, *names]  # noqa: S608


def _value(name: str) -> Part:
    """As jsonb, NULL where it is not there."""
    if name in PAGE:
        return f"to_jsonb(NULLIF({PAGE[name]}, ''))", []
    if "." not in name:
        return "NULLIF(properties -> %s, 'null'::jsonb)", [name]
    path = "$" + "".join(f".{json.dumps(step, ensure_ascii=False)}" for step in name.split("."))
    return "(SELECT jsonb_agg(x) FROM jsonb_path_query(properties, %s::jsonpath) AS x WHERE x <> 'null'::jsonb)", [path]


def _equals(argument: Any) -> Part:
    """Of a list: it contains it."""
    return "v @> %s::jsonb", [json.dumps(argument)]


def _is_in(argument: Sequence[Any]) -> Part:
    return "v @> ANY(%s::jsonb[])", [[json.dumps(member) for member in argument]]


def _denied(part: Part) -> Part:
    return f"NOT COALESCE({part[0]}, false)", part[1]


def _of_any(test: str, argument: Any) -> Part:
    """Of a list: whether it holds for one of its entries."""
    of_list = f"EXISTS (SELECT FROM jsonb_array_elements(v) AS entries(v) WHERE {test})"
    return f"CASE jsonb_typeof(v) WHEN 'array' THEN {of_list} ELSE {test} END", [argument, argument]


def _bound(sign: str) -> Any:
    return lambda argument: _of_any(f"({_NUMBER}) {sign} %s::numeric", repr(argument))


_IS_TEXT = "jsonb_typeof(v) = 'string' AND"
_OPERATORS: dict[str, Any] = {
    "$eq": _equals,
    "$ne": lambda argument: _denied(_equals(argument)),
    "$in": _is_in,
    "$nin": lambda argument: _denied(_is_in(argument)),
    "$gt": _bound(">"),
    "$gte": _bound(">="),
    "$lt": _bound("<"),
    "$lte": _bound("<="),
    "$exists": lambda argument: ("(v IS NOT NULL) = %s", [argument]),
    "$startsWith": lambda argument: _of_any(f"{_IS_TEXT} starts_with({_TEXT}, %s)", argument),
    "$contains": lambda argument: _of_any(f"{_IS_TEXT} position(%s IN {_TEXT}) > 0", argument),
}
