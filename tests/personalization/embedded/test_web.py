"""A web worker that is killed is back, and two quick deaths do not end the server."""

from personalization.embedded.web import MANY_DEATHS, WITHIN_SECONDS, Deaths


def test_two_quick_deaths_of_a_worker_do_not_end_the_server():
    """Issue 7, part 9d: granian gives up where a worker was started again less than 5.5 s ago."""
    deaths = Deaths()
    deaths[0] = 100.0

    assert 102.0 - deaths.get(0, 0) > 5.5


def test_a_long_row_of_deaths_does():
    deaths = Deaths()
    for number in range(MANY_DEATHS):
        deaths[0] = 100.0 + number

    assert 100.0 + MANY_DEATHS - deaths.get(0, 0) < 5.5


def test_deaths_far_between_are_no_row():
    deaths = Deaths()
    for number in range(2 * MANY_DEATHS):
        deaths[0] = float(number * WITHIN_SECONDS)

    assert deaths.get(0, 0) == 0
