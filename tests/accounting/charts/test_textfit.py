from hypothesis import given
from hypothesis import strategies as st

from accounting.charts.textfit import shortened, text_width


@given(st.text(max_size=60), st.floats(0, 400))
def test_a_shortened_text_fits_and_is_a_start_of_the_whole(text: str, width: float) -> None:
    short = shortened(text, width=width, size=13)
    assert short in {text, ""} or text_width(short, size=13) <= width
    assert text.startswith(short.removesuffix("…"))


def test_chinese_characters_take_a_full_square() -> None:
    assert text_width("数据标注", size=13) == 52


def test_combining_marks_take_no_room() -> None:
    assert text_width("e\u0301", size=10) == text_width("e", size=10)
