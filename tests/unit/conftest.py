"""What the unit tests share."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tests of invalid input app by app, so that each app is started once."""
    places = [number for number, item in enumerate(items) if item.nodeid.startswith("tests/unit/test_bad_input.py")]
    by_app = sorted((items[place] for place in places), key=lambda item: item.callspec.params["app"])
    for place, item in zip(places, by_app, strict=True):
        items[place] = item
