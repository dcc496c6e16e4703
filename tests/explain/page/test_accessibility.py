"""axe-core finds no fault: every view of two nets' pages, light and dark."""

import pytest

from tests.browser import faults
from tests.explain.page.test_browser import VIEWS


@pytest.mark.parametrize(
    ("theme", "name"),
    [
        ("light", "demo"),
        ("dark", "homework"),
        *(pytest.param(*other, marks=pytest.mark.slow) for other in (("dark", "demo"), ("light", "homework"))),
    ],
)
def test_every_view(tab, axe, name, theme):
    with tab(name, theme=theme, bypass_csp=True) as t:
        for view in VIEWS:
            t.view(view)
            assert faults(t.page, axe) == [], view
