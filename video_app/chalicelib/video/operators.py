"""Composition root: the one place where adapters meet the domain, for the operators' tasks."""

from collections.abc import Callable, Mapping
from functools import cached_property, partial
from typing import Any

from chalicelib.video.catalogue.video_table import VideoTable
from chalicelib.video.entitlements.entitlement_table import EntitlementTable
from chalicelib.video.payments.stripe_webhook import StripeWebhook
from chalicelib.video.playback.key_secret import KeySecret


class Operator:
    """What the operators' tasks use."""

    def __init__(self, make_client: Callable[[str], Any], outputs: Mapping[str, str]) -> None:
        dynamodb = partial(make_client, "dynamodb")
        self._outputs = outputs
        self._secrets = partial(make_client, "secretsmanager")
        self.videos = VideoTable(dynamodb, outputs["VideosTableName"])
        self.entitlements = EntitlementTable(dynamodb, outputs["EntitlementsTableName"])
        self.key_secret = KeySecret(self._secrets, outputs["SigningKeySecretArn"])

    @cached_property
    def webhook(self) -> StripeWebhook:
        """The payment provider's webhook."""
        return StripeWebhook(self._secrets, self._outputs["PaymentSecretArn"], self._outputs["PaymentApiUrl"])
