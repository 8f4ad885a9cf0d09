from sites import keys

HOUR = 1_772_359_200_000  # 2026-03-01T10:00:00Z


def test_the_hour_of_a_hash_of_drops_is_in_its_name():
    assert keys.hour_of_drops(keys.drops(HOUR)) == HOUR
    assert keys.hour_of_drops(keys.moving_drops(HOUR, "5eed")) == HOUR
