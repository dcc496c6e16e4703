"""What Keras itself warns of while it saves and loads; anything that minicnn would say is still an error."""

import pytest

THEIRS = (
    "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning",  # TensorFlow and NumPy 2
    "ignore:The structure of `inputs` doesn't match the expected structure:UserWarning",
)


def pytest_collection_modifyitems(items):
    for item in items:
        for warning in THEIRS:
            item.add_marker(pytest.mark.filterwarnings(warning))
