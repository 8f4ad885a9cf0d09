from tracking.rates import TokenBuckets


def test_allows_a_burst_then_the_rate_and_says_how_long_to_wait():
    buckets = TokenBuckets(rate=2)

    allowed = [buckets.wait("a", now=0) for _ in range(120)]
    refused = buckets.wait("a", now=0)

    assert set(allowed) == {0}
    assert refused == 1
    assert buckets.wait("a", now=500) == 0
    assert buckets.wait("a", now=500) == 1


def test_a_large_batch_is_let_in_and_paid_for_afterwards():
    buckets = TokenBuckets(rate=1)

    first = buckets.wait("a", 0)
    buckets.charge("a", 0, 99)

    assert first == 0
    assert buckets.wait("a", 0) == 41  # 60 in the purse, 100 spent: one is there after 41 seconds
    assert buckets.wait("a", 41_000) == 0


def test_no_debt_lasts_longer_than_a_minute_and_a_bit():
    buckets = TokenBuckets(rate=1)
    buckets.wait("a", 0)
    buckets.charge("a", 0, 1_000_000)

    assert buckets.wait("a", 0) == 61


def test_addresses_do_not_share_a_bucket():
    buckets = TokenBuckets(rate=1)
    for _ in range(60):
        buckets.wait("a", 0)

    assert buckets.wait("a", 0) > 0
    assert buckets.wait("b", 0) == 0


def test_a_clock_that_steps_back_gives_no_tokens_and_no_error():
    buckets = TokenBuckets(rate=1)
    for _ in range(60):
        buckets.wait("a", 10_000)

    assert buckets.wait("a", 0) > 0


def test_memory_is_bounded():
    buckets = TokenBuckets(rate=1, capacity=10)
    for number in range(1000):
        buckets.wait(str(number), 0)

    assert len(buckets._young) + len(buckets._old) <= 20


def test_a_rate_of_zero_never_refuses():
    assert {TokenBuckets(rate=0).wait("a", 0) for _ in range(1000)} == {0}
