"""What could not be stored is listed with the reason, gets another chance, or goes."""

import io

import pytest
from django.core.management import CommandError, call_command

from sites import keys
from tests.tracking.log_writing import make_entry, make_event, write
from tracking import consumer as consuming
from tracking.consumer import Consumer
from tracking.log.streams import StreamReader
from tracking.models import Event, Visitor

pytestmark = pytest.mark.usefixtures("transactional_db")


@pytest.fixture
def drain(redis_client, site):
    def run() -> None:
        consumer = Consumer(StreamReader(redis_client), range(8))
        while consumer.drain():
            pass
        consumer.claims.release()

    return run


@pytest.fixture
def buried(redis_client, site, drain, monkeypatch):
    """Two entries that a faulty step refused; the fault is mended by now."""

    def refuse(connection, entries, decisions) -> None:
        if entries:
            raise ValueError("no such field")

    with monkeypatch.context() as patch:
        patch.setitem(consuming.steps, "faulty", refuse)
        ids = write(redis_client, make_entry(make_event(1), site=site.id)) + write(
            redis_client, make_entry(make_event(2), site=site.id), partition=3
        )
        drain()
    return [f"0/{ids[0]}", f"3/{ids[1]}"]


def dead_letters(*arguments: str) -> str:
    out = io.StringIO()
    call_command("dead_letters", *arguments, stdout=out)
    return out.getvalue()


def test_lists_each_with_its_reason(buried):
    listed = dead_letters()

    assert [line.split()[0] for line in listed.splitlines()[:2]] == buried
    assert listed.count("ValueError: no such field") == 2
    assert listed.endswith("2 dead letters.\n")
    assert "Product Viewed" not in listed


def test_shows_what_is_in_them_when_asked(buried):
    assert "Product Viewed" in dead_letters(buried[0], "--payload")


def test_lists_more_than_a_page(redis_client):
    for number in range(1, 252):
        redis_client.xadd(keys.dead(0), {"reason": "why", "e": "?"}, id=f"{number}-0")

    assert dead_letters().endswith("251 dead letters.\n")


def test_requeued_letters_are_stored_once(buried, drain, redis_client):
    assert dead_letters("--requeue", "--all").startswith("2 requeued")
    assert dead_letters("--requeue", "--all").startswith("0 requeued")
    drain()

    assert sorted(Event.objects.values_list("seq", flat=True)) == [1, 2]
    assert Visitor.objects.get().events == 2
    assert redis_client.xlen(keys.dead(0)) == redis_client.xlen(keys.dead(3)) == 0


def test_a_letter_of_something_stored_meanwhile_adds_nothing(buried, drain, redis_client, site):
    write(redis_client, make_entry(make_event(1), site=site.id))
    drain()

    dead_letters("--requeue", buried[0])
    drain()

    assert Event.objects.get().seq == 1
    assert Visitor.objects.get().events == 1


def test_a_letter_that_still_cannot_be_stored_is_buried_again(redis_client, drain):
    redis_client.xadd(keys.log(0), {"e": b"?"})
    drain()

    dead_letters("--requeue", "--all")
    drain()

    assert redis_client.xlen(keys.dead(0)) == 1
    assert redis_client.xlen(keys.log(0)) == 0


def test_drops_those_named(buried, redis_client):
    assert dead_letters("--drop", buried[0]) == "1 dropped.\n"

    assert dead_letters().startswith(buried[1])


@pytest.mark.parametrize(
    "arguments", [["--drop"], ["--requeue"], ["--drop", "--all", "0/1-0"], ["0/1-0"], ["--drop", "0/1-0"]]
)
def test_does_nothing_where_it_is_not_clear_what(buried, arguments):
    with pytest.raises(CommandError):
        dead_letters(*arguments)

    assert dead_letters().endswith("2 dead letters.\n")
