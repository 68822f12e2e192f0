"""Settings: what is missing is named at start."""

import msgspec
import pytest

from common.runtime.settings import MissingSettings, load


class Example(msgspec.Struct):
    table_name: str
    bucket_name: str
    attempts: int = 3


def test_settings_are_read_by_their_names():
    read = load(Example, {"TABLE_NAME": "t", "BUCKET_NAME": "b", "ATTEMPTS": "5", "OTHER": "x"})
    assert read == Example("t", "b", 5)


def test_missing_and_empty_settings_are_named():
    with pytest.raises(MissingSettings, match="TABLE_NAME, BUCKET_NAME"):
        load(Example, {"BUCKET_NAME": ""})


def test_settings_with_defaults_can_be_absent():
    assert load(Example, {"TABLE_NAME": "t", "BUCKET_NAME": "b", "ATTEMPTS": ""}).attempts == 3
