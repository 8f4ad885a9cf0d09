"""Conditions and attributes at random: well formed, malformed, hostile."""

from hypothesis import strategies as st

from segments.conditions.operators import OPERATORS

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.floats(),
    st.sampled_from(["", "a", "A", "ab", "0", "1", "2.0", " 3 ", "v1.2.3", "1.0.0-a"]),
)
PLAIN = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "$gt"]), inner, max_size=2),
    max_leaves=5,
)
HOSTILE = PLAIN | st.sampled_from([object(), 10**400, b"a", {1, 2}, (1, "a"), complex(1, 2), float("nan"), "9" * 500])
NAMES = st.sampled_from(["a", "b", "a.b", "b.a", "$groups"])
ATTRIBUTES = st.dictionaries(NAMES, HOSTILE, max_size=5)
GROUPS = {
    "plain": [1, "a", None, True],
    "odd": 5,
    "list": {"type": "list", "attributeKey": "a", "values": ["a", 1]},
    "loop": {"type": "condition", "condition": {"$savedGroup": "loop"}},
}


def well_formed_values(inner):
    ordered = st.sampled_from([-1, 0, 1, 2.0, "a", "1", "0.5", "v1.2.0"])
    listed = st.lists(PLAIN, max_size=3)
    return st.one_of(
        st.fixed_dictionaries(
            {},
            optional={
                "$eq": PLAIN,
                "$ne": PLAIN,
                "$exists": st.booleans(),
                "$type": st.sampled_from(["string", "array", "null", "number"]),
            },
        ),
        st.fixed_dictionaries(
            {}, optional=dict.fromkeys(("$lt", "$lte", "$gt", "$gte", "$veq", "$vne", "$vlt", "$vgte"), ordered)
        ),
        st.fixed_dictionaries({}, optional=dict.fromkeys(("$in", "$nin", "$ini", "$nini", "$all", "$alli"), listed)),
        st.fixed_dictionaries(
            {},
            optional=dict.fromkeys(
                ("$regex", "$regexi", "$notRegex", "$notRegexi"), st.sampled_from(["a", "^A?b", "[0-9]$"])
            ),
        ),
        st.fixed_dictionaries(
            {}, optional=dict.fromkeys(("$inGroup", "$notInGroup"), st.sampled_from(["plain", "unknown", "odd"]))
        ),
        st.fixed_dictionaries({}, optional={"$not": inner, "$elemMatch": inner, "$size": inner}),
    )


VALUES = st.recursive(PLAIN, well_formed_values, max_leaves=4)
CONDITIONS = st.recursive(
    st.dictionaries(NAMES, VALUES, max_size=3) | st.sampled_from([{"$savedGroup": "list"}, {"$savedGroup": "loop"}]),
    lambda inner: (
        st.dictionaries(st.sampled_from(["$and", "$or", "$nor"]), st.lists(inner, max_size=3), max_size=2)
        | st.fixed_dictionaries({"$not": inner})
    ),
    max_leaves=6,
)
MALFORMED = st.recursive(
    HOSTILE,
    lambda inner: st.dictionaries(
        NAMES | st.sampled_from([*OPERATORS, "$and", "$or", "$nor", "$savedGroup", "$x"]),
        inner | st.lists(inner),
        max_size=3,
    ),
)
