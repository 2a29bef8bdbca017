"""What is typed about oneself is read by field, however it is set out."""

from __future__ import annotations

import pytest

from bot.profiles.reading import fields_in
from spaces.errors import Malformed
from spaces.profiles import Field

SKILLS, PLACE, ABOUT = Field.SKILLS, Field.PLACE, Field.ABOUT


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("skills: welding; place: Bath", {SKILLS: "welding", PLACE: "Bath"}),
        ("\nPLACE :Bath\n- skills: welding;\n", {PLACE: "Bath", SKILLS: "welding"}),
        ("place:; skills: ", {PLACE: "", SKILLS: ""}),
        (
            "skills: welding; sewing\nand such; place: Bath",
            {SKILLS: "welding; sewing and such", PLACE: "Bath"},
        ),
        (
            "about: from 10:30; see\nhttps://mia.example.org",
            {ABOUT: "from 10:30; see https://mia.example.org"},
        ),
        ("about: I like two things: cake", {ABOUT: "I like two things: cake"}),
    ],
)
def test_each_field_is_found(typed: str, found: dict[Field, str]) -> None:
    assert fields_in(typed) == found


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("skils: welding", r"“skils” is not one of .* Did you mean `skills`\?"),
        ("skills: welding; hobby: cake", "“hobby” is not one of"),
        ("welding", "I cannot tell what that says"),
        ("welding; place: Bath", "I cannot tell what that says"),
        (" ; ", "I cannot tell what that says"),
        ("place: Bath; Place: Wells", "`place` is there twice"),
    ],
)
def test_what_cannot_be_read_is_told(typed: str, said: str) -> None:
    with pytest.raises(Malformed, match=said):
        fields_in(typed)
