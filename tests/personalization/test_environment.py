"""What settings make of the environment: values, defaults, and refusals that name the variable."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from personalization.environment import Environment

REFUSED = [
    (lambda env: env.whole("RATE", 5), "RATE", "many", "RATE is 'many'; use a whole number"),
    (lambda env: env.whole("RATE", 5, least=1), "RATE", "0", "RATE is 0; use at least 1"),
    (lambda env: env.flag("HTTPS", default=False), "HTTPS", "maybe", "HTTPS is 'maybe'; use true or false"),
    (
        lambda env: env.choice("LEVEL", "INFO", ("DEBUG", "INFO", "ERROR")),
        "LEVEL",
        "LOUD",
        "LEVEL is 'LOUD'; use DEBUG, INFO or ERROR",
    ),
    (
        lambda env: env.url("ADDRESS", ("http", "https")),
        "ADDRESS",
        "segue.example",
        "ADDRESS must begin with http:// or https://",
    ),
]


@pytest.mark.parametrize(("read", "name", "value", "message"), REFUSED, ids=[name for _, name, _, _ in REFUSED])
def test_nonsense_is_refused_with_the_name_of_the_variable(read, name, value, message):
    with pytest.raises(ImproperlyConfigured) as refusal:
        read(Environment({name: value}))

    assert str(refusal.value) == message


def test_a_refused_address_does_not_show_its_password():
    with pytest.raises(ImproperlyConfigured) as refusal:
        Environment({"STORE": "mysql://segue:secret@db/segue"}).url("STORE", ("postgres",))

    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize("variables", [{}, {"NAME": ""}, {"NAME": "  "}], ids=["absent", "empty", "blank"])
def test_what_is_empty_counts_as_not_given(variables):
    env = Environment(variables)

    assert env.text("NAME", "one") == "one"
    assert env.whole("NAME", 7) == 7
    assert env.flag("NAME", default=True) is True
    assert env.words("NAME", ["a"]) == ["a"]
    assert env.url("NAME", ("http",)) == ""
    assert env.folder("NAME", Path("/var")) == Path("/var")


def test_values_are_read_as_their_type():
    env = Environment({"FLAG": "No", "NUMBER": " 12 ", "HOSTS": "a.example, b.example,"})

    assert env.flag("FLAG", default=True) is False
    assert env.whole("NUMBER", 0) == 12
    assert env.words("HOSTS") == ["a.example", "b.example"]
