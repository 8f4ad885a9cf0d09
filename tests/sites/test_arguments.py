"""What commands make of their arguments."""

import argparse

import pytest
from django.core.management import CommandError

from sites.management.arguments import find_site, whole


@pytest.mark.parametrize("name", ["wk_test", "domain", "number"])
def test_a_site_is_found_by_any_of_its_names(site, name):
    assert find_site({"domain": site.domain, "number": str(site.pk)}.get(name, name)) == site


def test_a_site_that_does_not_exist_is_answered_with_those_that_do(site):
    with pytest.raises(CommandError, match=rf"no site 'nowhere'. There are: wk_test \({site.domain}, {site.pk}\)"):
        find_site("nowhere")


@pytest.mark.parametrize(("text", "message"), [("0", "0 is less than 1"), ("-3", "-3 is less than 1")])
def test_a_number_out_of_range_is_refused(text, message):
    with pytest.raises(argparse.ArgumentTypeError, match=message):
        whole(1)(text)


def test_a_port_has_bounds_on_both_sides():
    assert whole(1, 65535)("8000") == 8000
    with pytest.raises(argparse.ArgumentTypeError, match="99999 is not between 1 and 65535"):
        whole(1, 65535)("99999")
