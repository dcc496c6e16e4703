"""The plain word on who leads, and rows of tables."""

from keras_ref import results


def _row(value, best):
    return {"value": value, "best": best}


def test_a_lead_of_one_picture_names_no_winner():
    sentence = results.verdict("lr", [_row(0.01, 282 / 341), _row(0.001, 283 / 341), _row(0.1, 0.5)], 341)
    assert sentence == (
        "lr=0.001 leads lr=0.01 by 1 picture of 341, less than the 95% interval of +-4.0 points: "
        "no winner can be named."
    )


def test_a_large_lead_is_said():
    sentence = results.verdict("inner", [_row(10, 0.50), _row(100, 0.83)], 341)
    assert sentence.startswith("inner=100 leads inner=10 by 112.5 pictures of 341, more than")
    assert "are level on 341 pictures: no winner" in results.verdict("inner", [_row(10, 0.5), _row(100, 0.5)], 341)
    assert "nothing to compare" in results.verdict("inner", [_row(10, 0.5)], 341)


def test_a_small_p_is_not_called_0():
    assert "147, only B on 13 pictures: McNemar's exact p < 0.001, a difference beyond chance." in results.compared(
        {"only_a": 147, "only_b": 13, "p": 1e-29}
    )
