"""Which operators are there, what does each take, how does it read, and who can say it?

The one table. The evaluators, the check, the index and the form each keep their own function for an operator, by its
name here; a test holds that none of them misses one.
"""

from dataclasses import dataclass, replace
from enum import StrEnum


class Argument(StrEnum):
    """What stands behind an operator."""

    LITERAL = "a JSON value"
    LITERALS = "a list of JSON values"
    BOUND = "a number or text"
    TRUTH = "true or false"
    KIND = "the name of a JSON type"
    PATTERN = "a regular expression"
    LIST = "the name of a list of values"
    VALUE = "operators, or a JSON value to equal"
    VALUES = "a list of those"
    SIZE = "a number, or operators on it"
    ELEMENT = "operators on an element, or a condition on its parts"


VERBS = {"be": ("is", "is not"), "have": ("has", "does not have"), "match": ("matches", "does not match")}


@dataclass(frozen=True, slots=True)
class Operator:
    """One row. `words` follow the verb; `{}` among them is the argument. `contrary` names the operator that holds
    exactly when this one does not; where none does, the verb is denied all the same to put `$not` into words."""

    name: str
    argument: Argument
    verb: str
    words: str
    contrary: str = ""
    is_denial: bool = False  # its words are those of its contrary, denied
    in_bitmaps: bool = False  # the index knows it, of plain values; else matches are confirmed one by one
    in_sql: bool = False  # SQL can say the same of a column

    def says(self, argument: str, *, denied: bool = False) -> str:
        """ "is more than 5"; denied "is not more than 5"."""
        verb = VERBS[self.verb][denied is not self.is_denial]
        return f"{verb} {self.words.format(argument)}".rstrip()

    def asks(self, argument: str, *, denied: bool = False) -> str:
        """Behind "must": "be more than 5", denied "not be more than 5"."""
        verb = f"not {self.verb}" if denied is not self.is_denial else self.verb
        return f"{verb} {self.words.format(argument)}".rstrip()


_A = Argument
# SQL: not what depends on lower case beyond ASCII, on versions, on a look into lists, and no patterns, because those of
# Postgres are not RE2's.
_ROWS = (
    Operator("$eq", _A.LITERAL, "be", "{}", "$ne", in_bitmaps=True, in_sql=True),
    Operator("$lt", _A.BOUND, "be", "less than {}", in_bitmaps=True, in_sql=True),
    Operator("$lte", _A.BOUND, "be", "at most {}", in_bitmaps=True, in_sql=True),
    Operator("$gt", _A.BOUND, "be", "more than {}", in_bitmaps=True, in_sql=True),
    Operator("$gte", _A.BOUND, "be", "at least {}", in_bitmaps=True, in_sql=True),
    Operator("$in", _A.LITERALS, "be", "{}", "$nin", in_bitmaps=True, in_sql=True),
    Operator("$ini", _A.LITERALS, "be", "{} (small or capital)", "$nini"),
    Operator("$inGroup", _A.LIST, "be", "in the list {}", "$notInGroup", in_bitmaps=True, in_sql=True),
    Operator("$all", _A.VALUES, "have", "all of {}", in_bitmaps=True),
    Operator("$alli", _A.VALUES, "have", "all of {} (small or capital)"),
    Operator("$elemMatch", _A.ELEMENT, "have", "an entry {}", in_bitmaps=True),
    Operator("$size", _A.SIZE, "have", "{}", in_sql=True),
    Operator("$exists", _A.TRUTH, "be", "known", in_bitmaps=True, in_sql=True),  # of false: denied
    Operator("$type", _A.KIND, "be", "of the type {}", in_sql=True),
    Operator("$regex", _A.PATTERN, "match", "the pattern {}", "$notRegex"),
    Operator("$regexi", _A.PATTERN, "match", "the pattern {} (small or capital)", "$notRegexi"),
    Operator("$veq", _A.BOUND, "be", "version {}", "$vne"),
    Operator("$vlt", _A.BOUND, "be", "older than version {}"),
    Operator("$vlte", _A.BOUND, "be", "version {} or older"),
    Operator("$vgt", _A.BOUND, "be", "newer than version {}"),
    Operator("$vgte", _A.BOUND, "be", "version {} or newer"),
    # `segments.conditions.tree` reads it as a branch, so it is never put into words.
    Operator("$not", _A.VALUE, "be", "{}", in_bitmaps=True, in_sql=True),
)


def _denial(row: Operator) -> Operator:
    return replace(row, name=row.contrary, contrary=row.name, is_denial=True)


OPERATORS: dict[str, Operator] = {row.name: row for row in _ROWS} | {
    row.contrary: _denial(row) for row in _ROWS if row.contrary
}
