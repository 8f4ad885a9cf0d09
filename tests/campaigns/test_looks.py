"""A look is readable, or says where it is not."""

import pytest

from campaigns import looks
from campaigns.looks import PLAIN, Look, contrast_faults, font_stack


@pytest.mark.parametrize(
    ("background", "foreground", "ratio"),
    [("#000000", "#ffffff", 21.0), ("#777777", "#ffffff", 4.48), ("#ff0000", "#ffffff", 4.0)],
)
def test_contrast_is_that_of_wcag(background, foreground, ratio):
    assert looks.contrast(background, foreground) == pytest.approx(ratio, abs=0.005)
    assert looks.contrast(foreground, background) == looks.contrast(background, foreground)


def test_the_look_that_a_site_begins_with_can_be_read():
    assert list(contrast_faults(PLAIN)) == []


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"foreground": "#bbbbbb"}, "foreground"),
        ({"on_accent": "#333333"}, "on_accent"),
        ({"dark_foreground": "#333333"}, "dark_foreground"),
        ({"dark_on_accent": "#ffffff"}, "dark_on_accent"),
        ({"foreground": "#767676"}, "foreground"),  # on white it can be read, on the tint it cannot
    ],
)
def test_a_pair_of_colours_that_is_hard_to_read_names_its_field(changed, field):
    assert [fault[0] for fault in contrast_faults(Look(**changed))] == [field]


def test_an_outlined_button_is_read_as_the_text_is():
    assert list(contrast_faults(Look(button="outline", on_accent="#333333"))) == []


@pytest.mark.parametrize("name", ['x";}*{display:none}', "a'b", "", "Inter</style>", "x" * 61])
def test_a_name_that_is_no_fonts_name_is_left_out(name):
    assert font_stack(Look(font="own", font_name=name), "own") == ""
