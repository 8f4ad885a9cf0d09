from hypothesis import given
from hypothesis import strategies as st

from campaigns.index.bits import positions_of
from campaigns.rules import Schedule, is_within_dates
from tests.releases import release, rule, variant

TIMES = st.integers(0, 12)


@given(st.lists(st.tuples(TIMES, TIMES), max_size=8), st.lists(TIMES, max_size=8))
def test_the_live_rules_follow_the_clock_wherever_it_goes(dates, moments):
    rules = [rule(i, starts_at=starts_at, ends_at=ends_at) for i, (starts_at, ends_at) in enumerate(dates)]
    schedule = Schedule(rules)

    for now in moments:
        assert list(positions_of(schedule.live(now))) == [one.id for one in rules if is_within_dates(one, now)]


def test_the_schedule_is_computed_only_when_a_bound_passes():
    schedule = Schedule([rule(0, starts_at=100, ends_at=200), rule(1)])
    computed = []
    compute = schedule._compute
    schedule._compute = lambda now: computed.append(now) or compute(now)

    live = [schedule.live(now) for now in (50, 99, 100, 150, 199, 200, 9999)]

    assert live == [0b10, 0b10, 0b11, 0b11, 0b11, 0b10, 0b10]
    assert computed == [50, 100, 200]


def test_contextual_rules_speak_of_the_context_only():
    conditions = [
        {"context.device": "mobile"},
        {"context.device": "mobile", "visitor.new": True},
        {"context.path": {"$regex": "^/p/"}},
        {"$or": [{"context.path": {"$regex": "^/p/"}}, {"segment": "x"}]},
        {"$nor": [{"context.hour": 1}, {"cluster.id": 2}]},
        {"$savedGroup": "nobody"},
        {},
    ]
    of = release(
        [rule(i + 1, condition, priority=900 - i) for i, condition in enumerate(conditions)]
        + [rule(98, cap_total=1, priority=1), rule(99, variant=1, priority=0)],
        [variant("a"), variant("b", "cart"), *(variant(str(i)) for i in range(6))],
    )

    assert [of.rules[i].id for i in positions_of(of.contextual)] == [1, 3, 6, 7]
