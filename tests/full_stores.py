"""Valkey when its memory or its disk is full: its own refusals, brought about without filling anything."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis


@contextmanager
def full_memory(client: Redis) -> Iterator[str]:
    """Writes that need memory are refused, as at `maxmemory`. Yields the word by which the refusal begins."""
    client.config_set("maxmemory", 1)
    try:
        yield "OOM"
    finally:
        client.config_set("maxmemory", 0)


@contextmanager
def full_disk(client: Redis) -> Iterator[str]:
    """All writes are refused, as after a snapshot or an append to the file that failed: a folder lies where the
    snapshot belongs."""
    obstacle = Path(client.config_get("dir")["dir"]) / "dump.rdb"
    obstacle.mkdir(exist_ok=True)
    client.config_set("save", "3600 1000000")
    try:
        client.bgsave()
        deadline = time.monotonic() + 20
        while client.info("persistence")["rdb_bgsave_in_progress"]:
            assert time.monotonic() < deadline, "the snapshot does not end"
            time.sleep(0.02)
        yield "MISCONF"
    finally:
        client.config_set("save", "")
        obstacle.rmdir()


FULL = {"memory": full_memory, "disk": full_disk}
