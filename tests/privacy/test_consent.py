import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.consent import mode_for, resolve

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


@pytest.mark.parametrize(
    ("mode", "preferences", "may_store", "may_personalise"),
    [
        ("opt_out", {"Analytics": False, "Advertising": False}, False, False),
        ("opt_out", {"Statistics": False}, False, False),
        ("opt_out", {"C0001": True, "C0002": False}, False, False),  # OneTrust: necessary, performance
        ("opt_out", {"C0002": True, "C0004": False}, True, False),
        ("opt_out", {"analytics": True, "Marketing": False, "personalization": True}, True, False),
        ("opt_out", {"video": False, "maps": False}, False, False),  # no to all that was asked
        ("opt_out", {"video": False, "maps": True}, True, True),  # says nothing of ours
        ("opt_in", {"Analytics": True, "Personalisation": True}, True, True),
        ("opt_in", {"necessary": True}, False, False),
    ],
)
def test_a_choice_counts_under_the_names_that_consent_platforms_give_it(mode, preferences, may_store, may_personalise):
    """ingest-consent-by-other-names-1: a refusal under another name is a refusal; an agreement needs a name that we
    know."""
    consent = resolve(mode, False, {}, preferences)

    assert (consent.may_store, consent.may_personalise) == (may_store, may_personalise)


@given(
    st.sampled_from(["opt_out", "opt_in"]),
    st.dictionaries(st.text(max_size=5) | st.sampled_from(["analytics", "Marketing"]), st.booleans(), min_size=1),
)
def test_one_more_no_never_allows_more(mode, preferences):
    before = resolve(mode, False, {}, preferences)
    for name in preferences:
        after = resolve(mode, False, {}, preferences | {name: False})
        assert after.may_store <= before.may_store
        assert after.may_personalise <= before.may_personalise


@pytest.mark.parametrize(
    ("elsewhere", "in_europe", "country", "mode"),
    [
        ("opt_out", "opt_in", "DE", "opt_in"),
        ("opt_out", "opt_in", "GB", "opt_in"),
        ("opt_out", "opt_in", "CH", "opt_in"),
        ("opt_out", "opt_in", "NO", "opt_in"),
        ("opt_out", "opt_in", "US", "opt_out"),
        ("opt_out", "opt_in", "", "opt_in"),  # not known: the stricter one
        ("opt_in", "opt_out", "DE", "opt_out"),
        ("opt_in", "opt_out", "US", "opt_in"),
        ("opt_in", "opt_out", "", "opt_in"),
        ("opt_out", "opt_out", "", "opt_out"),
        ("opt_out", None, "DE", "opt_out"),  # a site that says nothing of Europe
    ],
)
def test_the_country_says_which_mode_holds(elsewhere, in_europe, country, mode):
    assert mode_for(elsewhere, in_europe, country) == mode
