import pytest
from hypothesis import given
from hypothesis import strategies as st

from sites.pseudonyms import pseudonym
from sites.storable import is_storable
from tracking.personal import LONGEST_PATH, hide, hide_in_text, kept_path, may_be_personal

SALT = "5a" * 32
NAMES = frozenset({"email", "phone"})
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=8,
)


def test_hashes_listed_names_at_any_depth():
    hidden = hide(
        {"email": "a@b.example", "order": {"phone": "123", "items": [{"phone": 5}]}, "price": 3}, NAMES, set(), SALT
    )

    assert hidden == {
        "email": pseudonym(SALT, "a@b.example"),
        "order": {"phone": pseudonym(SALT, "123"), "items": [{"phone": pseudonym(SALT, "5")}]},
        "price": 3,
    }


def test_hashes_an_email_address_under_any_name_alone_or_inside_a_text():
    hidden = hide({"query": "anna@mail.example", "note": "write to anna@mail.example, or call"}, NAMES, set(), SALT)

    anna = pseudonym(SALT, "anna@mail.example")
    assert hidden == {"query": anna, "note": f"write to {anna}, or call"}


@pytest.mark.parametrize(
    "written", ["customer-17", "https://shop.example/u/customer-17", "/u/customer-17/orders", "/u/customer-17?a=b"]
)
def test_an_id_inside_an_address_is_hidden_and_longer_words_are_not_torn(written):
    hidden = hide({"url": written, "other": "/u/customer-170"}, NAMES, {"customer-17"}, SALT)

    assert hidden == {"url": written.replace("customer-17", pseudonym(SALT, "customer-17")), "other": "/u/customer-170"}


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("Orders of customer-17", True),
        ("customer-17, your cart", True),
        ("Orders of customer-170", False),
        ("DE-customer-17", False),
    ],
)
def test_an_id_is_hidden_in_what_people_read_and_not_in_a_longer_code(text, hidden):
    """Security finding B5: a page's title held it among the properties, and was hidden in the column."""
    kept = text.replace("customer-17", pseudonym(SALT, "customer-17")) if hidden else text
    assert hide({"title": text, "deep": [text]}, NAMES, {"customer-17"}, SALT) == {"title": kept, "deep": [kept]}


def test_an_id_is_found_as_addresses_write_it():
    assert (
        hide_in_text("https://shop.example/u/anna%20b%C3%BC", ["anna bü"], SALT)
        == f"https://shop.example/u/{pseudonym(SALT, 'anna bü')}"
    )


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
    anna = pseudonym(SALT, "anna@mail.example")

    assert kept_path("/u/anna@mail.example/orders", (), SALT) == f"/u/{anna}/orders"
    assert kept_path("/u/anna%40mail.example", (), SALT) == f"/u/{anna}"
    assert kept_path("/u/customer-17", ["customer-17"], SALT) == f"/u/{pseudonym(SALT, 'customer-17')}"
    assert kept_path("/p/K-104", (), SALT) == "/p/K-104"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("/k%C3%BCche", "/küche"),
        ("/%D1%81%D0%BA%D0%B8%D0%B4%D0%BA%D0%B8/", "/скидки/"),
        ("/a%20b", "/a b"),
        ("/a%2Fb/c", "/a%2Fb/c"),  # else it would divide elsewhere
        ("/100%25", "/100%"),
        ("/%FF%FE", "/%FF%FE"),  # no UTF-8
        ("/a%00b", "/a\ufffdb"),
        ("/küche", "/küche"),
    ],
)
def test_paths_are_kept_as_people_read_them(sent, kept):
    """ingest-paths-as-people-read-them-1"""
    assert kept_path(sent, (), SALT) == kept


@pytest.mark.parametrize(
    "text",
    [
        "ask anna@mail.example. Or not",
        "anna@mail.example",
        "a=1&to=anna%40mail.example&b",
        "<anna@mail.example>",
        "x/anna@mail.example/y",
    ],
)
def test_an_address_inside_a_text_is_found_whatever_stands_around_it(text):
    hidden = hide_in_text(text, (), SALT)

    assert "anna" not in hidden
    assert "mail.example" not in hidden


@given(st.text(max_size=2000))
def test_any_path_can_be_kept(path):
    kept = kept_path(path, (), SALT)

    assert len(kept) <= LONGEST_PATH
    assert is_storable(kept) or not is_storable(path)


@given(st.dictionaries(st.sampled_from(["email", "price", "query", "x"]), JSON))
def test_the_quick_look_never_misses_a_personal_name(values):
    if not may_be_personal(values, NAMES):
        assert hide(values, NAMES, set(), SALT) == {
            name: hide({name: value}, NAMES, set(), SALT)[name] for name, value in values.items()
        }
        assert not NAMES & set(values) and not any(isinstance(value, dict | list) for value in values.values())
