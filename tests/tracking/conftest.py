"""A consumer of the log, without its thread."""

import pytest
from redis import Redis

from tracking.consumer import Consumer
from tracking.log.streams import StreamReader


@pytest.fixture
def consumer(transactional_db, redis_client: Redis, site):
    made = Consumer(StreamReader(redis_client), range(2))
    yield made
    made.claims.release()


def drain(consumer: Consumer) -> None:
    while consumer.drain():
        pass
