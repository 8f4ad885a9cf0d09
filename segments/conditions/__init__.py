"""Does a condition hold for these attributes?

A condition is GrowthBook's JSON condition language, specification 0.8.0: MongoDB-style, implicit AND. `matches` is the
reference, `compile_condition` the fast one; both agree on every input. `validate` says what is wrong with a condition,
and where; one with a fault never matches. Attributes are flat (`attributes["feature.cart_value"]`), nested, or both; a
missing one is null.
"""

from segments.conditions.compiled import compile_condition
from segments.conditions.evaluate import matches
from segments.conditions.paths import paths_of
from segments.conditions.validate import Fault, pattern_work, validate

__all__ = ["Fault", "compile_condition", "matches", "paths_of", "pattern_work", "validate"]
