"""The provider's secret is read once a minute, and the one before is used while it cannot be read."""

import logging

import msgspec
import pytest
from chalicelib.video.payments.provider_secret import TTL_SECONDS, ProviderSecret, ProviderSecretReader


class Secrets:
    """Secrets Manager as far as it is needed, and a clock."""

    def __init__(self) -> None:
        self.value = ProviderSecret(api_key="first")
        self.now = 0.0
        self.readings = 0
        self.is_down = False

    def fetch(self) -> bytes:
        self.readings += 1
        if self.is_down:
            raise TimeoutError
        return msgspec.json.encode(self.value)


@pytest.fixture
def secrets():
    return Secrets()


@pytest.fixture
def reader(secrets):
    return ProviderSecretReader(secrets.fetch, logging.getLogger("test"), lambda: secrets.now)


def test_it_is_read_again_after_a_minute(secrets, reader):
    assert reader().api_key == "first"
    secrets.value = ProviderSecret(api_key="second")
    secrets.now = TTL_SECONDS - 1
    assert reader().api_key == "first"
    secrets.now = TTL_SECONDS
    assert reader().api_key == "second"
    assert secrets.readings == 2


def test_while_it_cannot_be_read_the_one_before_counts(secrets, reader, caplog):
    reader()
    secrets.is_down, secrets.now = True, TTL_SECONDS
    assert reader().api_key == "first"
    assert reader().api_key == "first"
    assert secrets.readings == 2
    assert "could not be read again" in caplog.text


def test_without_one_before_the_error_is_raised(secrets, reader):
    secrets.is_down = True
    with pytest.raises(TimeoutError):
        reader()
