"""The task that connects the payment provider: a webhook there, its secret here."""

import pytest
from chalicelib.video.payments.stripe_facts import READERS
from chalicelib.video.payments.stripe_webhook import StripeWebhook
from moto import mock_aws

from tests.unit.aws import aws_client
from tests.unit.video.shop import WEBHOOK_URL, LocalProvider

KEY = "sk_test_unit"


@pytest.fixture
def provider():
    with LocalProvider() as running:
        yield running


@pytest.fixture
def webhook(provider):
    with mock_aws():
        secrets = aws_client("secretsmanager", "us-east-1")
        secrets.create_secret(Name="payments", SecretString="{}")
        yield StripeWebhook(lambda: secrets, "payments", provider.url)


def endpoints(provider):
    return list(provider.account.all("webhook_endpoint"))


def test_the_first_connection_registers_the_webhook_and_keeps_its_secret(webhook, provider):
    assert WEBHOOK_URL in webhook.connect(WEBHOOK_URL, KEY)
    (endpoint,) = endpoints(provider)
    assert (endpoint["url"], set(endpoint["enabled_events"])) == (WEBHOOK_URL, set(READERS))
    secret = webhook.read()
    assert (secret.api_key, secret.webhook_secrets, secret.webhook) == (KEY, (endpoint["secret"],), endpoint["id"])


def test_a_second_connection_changes_nothing(webhook, provider):
    webhook.connect(WEBHOOK_URL, KEY)
    before = webhook.read()
    assert webhook.connect(WEBHOOK_URL, KEY) is None
    assert webhook.read() == before
    assert len(endpoints(provider)) == 1


def test_the_types_of_events_are_brought_up_to_date(webhook, provider):
    webhook.connect(WEBHOOK_URL, KEY)
    endpoints(provider)[0]["enabled_events"] = ["invoice.paid"]
    assert webhook.connect(WEBHOOK_URL, KEY) == "the webhook gets other types of events"
    assert set(endpoints(provider)[0]["enabled_events"]) == set(READERS)


def test_a_webhook_that_the_provider_has_forgotten_is_made_again(webhook, provider):
    webhook.connect(WEBHOOK_URL, KEY)
    provider.account.objects.clear()
    assert webhook.connect(WEBHOOK_URL, KEY)
    assert webhook.read().webhook == endpoints(provider)[0]["id"]


def test_renewing_keeps_the_secret_before_and_deletes_the_webhook_before_that(webhook, provider):
    secrets = []
    for _ in range(3):
        webhook.connect(WEBHOOK_URL, KEY, renew=True)
        secrets.insert(0, webhook.read().webhook_secrets[0])
    assert webhook.read().webhook_secrets == tuple(secrets[:2])
    assert [endpoint["secret"] for endpoint in endpoints(provider)] == secrets[:2]
