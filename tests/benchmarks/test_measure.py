from benchmarks.measure import Row, median_of, within


def row(ratio: float, *, lower: bool = False, note: str = "") -> Row:
    must, aim = (3.0, 2.0) if lower else (0.3, 0.45)
    return Row("decide", 100 * ratio, "requests/s", "hello", 100, ratio, must, aim, lower=lower, note=note)


def test_a_promise_of_several_runs_is_told_by_its_median():
    (median,) = median_of([[row(0.5, note="fast")], [row(0.31, note="slow")], [row(0.46, note="usual")]])

    assert (median.ratio, median.value, median.note) == (0.46, 46, "usual")
    assert median.ratios == (0.5, 0.31, 0.46)


def test_a_promise_is_kept_only_if_every_run_kept_it():
    assert median_of([[row(0.5)], [row(0.29)], [row(0.5)]])[0].verdict == "MISSED"
    assert median_of([[row(0.5)], [row(0.31)], [row(0.5)]])[0].verdict == "must"
    assert median_of([[row(1, lower=True)], [row(3.1, lower=True)], [row(1, lower=True)]])[0].verdict == "MISSED"


def test_a_run_that_lacks_a_promise_leaves_it_to_the_others():
    (median,) = median_of([[row(0.5)], [], [row(0.4)]])

    assert median.ratios == (0.5, 0.4)


def test_a_bound_is_a_ratio_to_the_yardstick_of_the_same_run():
    def once() -> int:
        return sum(range(2000))

    def five_times() -> None:
        for _ in range(5):
            once()

    found = within("five", five_times, "once", once, must=20, aim=10, repeat=20)

    assert found.lower
    assert 1 < found.ratio < 20  # 5, were nobody else at work here
    assert found.verdict != "MISSED"
