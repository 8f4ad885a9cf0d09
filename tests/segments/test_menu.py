from segments.attributes import ATTRIBUTES
from segments.menu import GROUPS, HIDDEN


def test_every_attribute_is_in_one_group_or_hidden():
    named = [*(name for names in GROUPS.values() for name in names), *HIDDEN]

    assert len(named) == len(set(named))
    assert set(named) == {name for name, attribute in ATTRIBUTES.items() if attribute.member is None}


def test_no_two_in_the_menu_are_called_the_same():
    titles = [ATTRIBUTES[name].title for names in GROUPS.values() for name in names]

    assert len(titles) == len(set(titles))
    assert not [title for title in titles if "sine" in title]
