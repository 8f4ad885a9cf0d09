from collections import Counter

from benchmarks.breakdown import ELSEWHERE, stage_of, stages
from benchmarks.serving.sampling import Sampler


def turns(number: int) -> int:
    total = 0
    for one in range(number):
        total += one
    return total


def nothing() -> None:
    return None


def calls(number: int) -> None:
    for _ in range(number):
        nothing()


def found_in(work) -> Counter:
    """Functions at work in a hundred samples: as many as the thread uses CPU time for, however long that takes."""
    sampler, found = Sampler(), Counter()
    sampler.start()
    try:
        while found.total() < 100:
            work()
            for count, stack in sampler.taken():
                found[stack[0].rpartition(":")[2]] += count
    finally:
        sampler.stop()
    return found


def test_time_counts_for_the_function_that_uses_it():
    found = found_in(lambda: turns(1000))

    assert found["turns"] > 80


def test_time_in_c_counts_for_the_function_that_called_it():
    def sorting() -> None:
        sorted(range(3000, 0, -1), key=str)

    assert found_in(sorting)["sorting"] > 80


def test_a_function_that_has_only_begun_has_used_nothing():
    found = found_in(lambda: calls(1000))

    assert found["calls"] > found["nothing"]


def test_a_helper_counts_for_whom_it_works():
    caller = ("sites.pseudonyms:visitor_of", "tracking.identity:identify", "personalization.context:gather")

    assert stage_of((*caller, "personalization.edge.application:_serve")) == "asking: site, context, consent, who"
    assert stage_of(("tracking.clocks:_from_text", "tracking.steps.description:correct_clocks")) == "intake"
    assert stage_of(("granian._futures:future_watcher",)) == ELSEWHERE


def test_a_function_may_have_another_stage_than_its_module():
    assert stage_of(("personalization.edge.learning:_receive",)) != stage_of(("personalization.edge.learning:learn",))


def test_shares_of_stages_make_a_whole():
    shares = stages([(3, ("personalization.decide:decide",)), (1, ()), (4, ("personalization.redis:call",))])

    assert shares == {"Redis": 0.5, "deciding": 0.375, ELSEWHERE: 0.125}
