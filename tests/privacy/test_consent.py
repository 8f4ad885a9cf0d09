import pytest

from privacy.consent import resolve

AGREED = {"analytics": True, "personalization": True}


@pytest.mark.parametrize("mode", ["opt_out", "opt_in"])
def test_global_privacy_control_forbids_storing_whatever_was_agreed(mode):
    consent = resolve(mode, False, {"sec-gpc": "1"}, AGREED)

    assert (consent.may_store, consent.may_personalise, consent.reason) == (False, False, "gpc")


@pytest.mark.parametrize("value", ["0", "true", "11", " 1", ""])
def test_any_other_value_of_sec_gpc_is_no_signal(value):
    assert resolve("opt_out", False, {"sec-gpc": value}, None).may_store


def test_do_not_track_counts_only_where_the_site_honours_it():
    assert resolve("opt_out", True, {"dnt": "1"}, None).reason == "dnt"
    assert resolve("opt_out", False, {"dnt": "1"}, None).may_store


@pytest.mark.parametrize(
    ("mode", "preferences", "may_store", "may_personalise"),
    [
        ("opt_out", None, True, True),
        ("opt_out", {}, True, True),
        ("opt_out", {"analytics": False}, False, False),
        ("opt_out", {"personalization": False}, True, False),
        ("opt_out", {"analytics": "yes"}, False, False),
        ("opt_in", None, False, False),
        ("opt_in", {"personalization": True}, False, False),
        ("opt_in", {"analytics": True}, True, False),
        ("opt_in", AGREED, True, True),
        ("opt_in", {"analytics": 1}, False, False),
    ],
)
def test_silence_agrees_on_opt_out_sites_and_refuses_on_opt_in_sites(mode, preferences, may_store, may_personalise):
    consent = resolve(mode, False, {}, preferences)

    assert (consent.may_store, consent.may_personalise) == (may_store, may_personalise)
    assert consent.reason == ("" if may_store else "no_consent")
