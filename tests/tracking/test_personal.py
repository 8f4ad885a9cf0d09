from hypothesis import given
from hypothesis import strategies as st

from tracking.personal import hide, hide_in_path, may_be_personal
from tracking.pseudonyms import pseudonym

SALT = "5a" * 32
NAMES = frozenset({"email", "phone"})
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8), lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=4), inner), max_leaves=8
)


def test_hashes_listed_names_at_any_depth():
    hidden = hide({"email": "a@b.example", "order": {"phone": "123", "items": [{"phone": 5}]}, "price": 3}, NAMES, set(), SALT)

    assert hidden == {
        "email": pseudonym(SALT, "a@b.example"),
        "order": {"phone": pseudonym(SALT, "123"), "items": [{"phone": pseudonym(SALT, "5")}]},
        "price": 3,
    }


def test_hashes_an_email_address_under_any_name_but_not_text_that_mentions_one():
    hidden = hide({"query": "anna@mail.example", "note": "write to anna@mail.example"}, NAMES, set(), SALT)

    assert hidden == {"query": pseudonym(SALT, "anna@mail.example"), "note": "write to anna@mail.example"}


def test_hashes_repeated_ids_unless_they_are_short_enough_to_be_chance():
    hidden = hide({"customer": "customer-17", "position": "5"}, NAMES, {"customer-17", "5"}, SALT)

    assert hidden == {"customer": pseudonym(SALT, "customer-17"), "position": "5"}


def test_an_object_under_a_listed_name_is_hashed_whole_whatever_the_order_of_its_keys():
    one = hide({"email": {"a": 1, "b": 2}}, NAMES, set(), SALT)
    other = hide({"email": {"b": 2, "a": 1}}, NAMES, set(), SALT)

    assert one == other and len(one["email"]) == 24


def test_nothing_stays_nothing():
    assert hide({"email": None, "phone": ""}, NAMES, set(), SALT) == {"email": None, "phone": ""}


def test_hides_email_addresses_in_paths():
    assert hide_in_path("/u/anna@mail.example/orders", SALT) == f"/u/{pseudonym(SALT, 'anna@mail.example')}/orders"
    assert hide_in_path("/u/anna%40mail.example", SALT).startswith("/u/") and "anna" not in hide_in_path("/u/anna%40mail.example", SALT)
    assert hide_in_path("/p/K-104", SALT) == "/p/K-104"


@given(st.dictionaries(st.sampled_from(["email", "price", "query", "x"]), JSON))
def test_the_quick_look_never_misses_a_personal_name(values):
    if not may_be_personal(values, NAMES):
        assert hide(values, NAMES, set(), SALT) == {name: hide({name: value}, NAMES, set(), SALT)[name] for name, value in values.items()}
        assert not NAMES & set(values) and not any(isinstance(value, dict | list) for value in values.values())
