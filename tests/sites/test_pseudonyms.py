import string

from hypothesis import given
from hypothesis import strategies as st

from sites.pseudonyms import pseudonym, visitor_of, visitor_of_user

SALT, OTHER = "5a" * 32, "5b" * 32


def test_hashes_have_their_contracted_lengths_and_never_change():
    """Stored profiles and events are found by these: another hash would lose every visitor."""
    assert visitor_of(SALT, "anna") == "fae059923b694bad932ca0eec3291dc9"
    assert len(visitor_of_user(SALT, "anna")) == 32
    assert len(pseudonym(SALT, "anna")) == 24


@given(st.text(max_size=300))
def test_one_id_gives_unrelated_hashes_by_use_and_by_site(identity):
    hashes = {f(salt, identity)[:24] for f in (visitor_of, visitor_of_user, pseudonym) for salt in (SALT, OTHER)}

    assert len(hashes) == 6
    assert all(set(text) <= set(string.hexdigits.lower()) for text in hashes)
