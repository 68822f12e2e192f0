"""Composition root: the one place where adapters meet the domain, for the functions.

What only some functions need is imported when they first use it, so that the others start without it.
"""

import logging
import time
from collections.abc import Callable
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from chalicelib.video.catalogue.catalogue import Catalogue
from chalicelib.video.catalogue.video_table import VideoTable
from chalicelib.video.catalogue.views import CatalogueViews
from chalicelib.video.entitlements.entitlement_table import EntitlementTable
from chalicelib.video.entitlements.views import EntitlementViews
from chalicelib.video.payments.model import Prices
from chalicelib.video.playback.key_secret import KeySecret
from chalicelib.video.playback.model import Limits
from chalicelib.video.playback.play_table import PlayTable
from chalicelib.video.playback.record_table import RecordTable
from chalicelib.video.playback.views import ViewerAddress
from chalicelib.video.settings import Settings

from common.aws import clients
from common.aws.dead_letters import DeadLetterQueue
from common.http.cursors import Cursors

if TYPE_CHECKING:
    from chalicelib.video.catalogue.registration import Registration
    from chalicelib.video.payments.applying import PaymentEvents
    from chalicelib.video.payments.intake import EventIntake
    from chalicelib.video.payments.order_table import OrderTable
    from chalicelib.video.payments.orders import Orders
    from chalicelib.video.payments.payment_record_table import PaymentRecordTable
    from chalicelib.video.payments.ports import PaymentProvider
    from chalicelib.video.payments.provider_secret import ProviderSecretReader
    from chalicelib.video.payments.stripe_events import StripeEvents
    from chalicelib.video.payments.subscriptions import Subscriptions
    from chalicelib.video.payments.views import PaymentViews
    from chalicelib.video.playback.playback import Playback

Client = Callable[[], Any]


class VideoApp:
    """The use cases, each made when it is first used."""

    def __init__(self, settings: Settings, log: logging.Logger) -> None:
        self.settings = settings
        self._log = log
        self._dynamodb = self._client("dynamodb")
        self.entitlements = EntitlementTable(self._dynamodb, settings.entitlements_table_name)
        self.viewer_address = ViewerAddress(clients.secret(settings.edge_secret_arn, settings.aws_region))

    @staticmethod
    def now() -> int:
        """Return the time in seconds since 1970."""
        return int(time.time())

    @cached_property
    def _videos(self) -> VideoTable:
        return VideoTable(self._dynamodb, self.settings.videos_table_name)

    @cached_property
    def catalogue(self) -> Catalogue:
        """What everybody may do with the catalogue."""
        return Catalogue(self._videos)

    @cached_property
    def registration(self) -> "Registration":
        """The use case that completes videos."""
        from chalicelib.video.catalogue.content_bucket import ContentBucket
        from chalicelib.video.catalogue.registration import Registration

        content = ContentBucket(self._client("s3"), self.settings.content_bucket_name)
        return Registration(self._videos, content)

    @cached_property
    def catalogue_views(self) -> CatalogueViews:
        """Videos over HTTP."""
        return CatalogueViews(self.settings.public_url, self._cursors)

    @cached_property
    def entitlement_views(self) -> EntitlementViews:
        """Entitlements over HTTP."""
        return EntitlementViews(self.settings.public_url, self._cursors)

    @cached_property
    def playback(self) -> "Playback":
        """The use case that issues links."""
        from chalicelib.video.playback.links import ContentLinks
        from chalicelib.video.playback.playback import Playback
        from chalicelib.video.playback.signing_keys import SigningKeys

        settings = self.settings
        store = PlayTable(
            self._dynamodb,
            settings.plays_table_name,
            videos_table=settings.videos_table_name,
            entitlements_table=settings.entitlements_table_name,
        )
        secret = KeySecret(self._client("secretsmanager"), settings.signing_key_secret_arn)
        keys = SigningKeys(secret.read, self._log)
        return Playback(
            store=store,
            signer=ContentLinks(keys.signer),
            public_url=settings.public_url,
            limits=Limits(settings.link_seconds, settings.devices, settings.links_an_hour),
            now=self.now,
        )

    @cached_property
    def records(self) -> RecordTable:
        """The records of links."""
        return RecordTable(self._dynamodb, self.settings.play_records_table_name)

    @cached_property
    def prices(self) -> Prices:
        """What a subscription costs."""
        return Prices(self.settings.currency, self.settings.month_amount, self.settings.year_amount)

    @cached_property
    def orders(self) -> "Orders":
        """What viewers do with orders."""
        from chalicelib.video.payments.orders import Orders

        return Orders(
            store=self._orders,
            records=self._payment_records,
            videos=self._videos,
            provider=self._payment_provider,
            prices=self.prices,
            public_url=self.settings.public_url,
            now=self.now,
        )

    @cached_property
    def subscriptions(self) -> "Subscriptions":
        """What viewers do with their subscription."""
        from chalicelib.video.payments.subscriptions import Subscriptions

        return Subscriptions(
            store=self._orders,
            records=self._payment_records,
            provider=self._payment_provider,
            prices=self.prices,
        )

    @cached_property
    def event_intake(self) -> "EventIntake":
        """What keeps the payment provider's events."""
        from chalicelib.video.payments.event_queue import SqsEventQueue
        from chalicelib.video.payments.intake import EventIntake

        queue = SqsEventQueue(self._client("sqs"), self.settings.payment_events_queue_url)
        return EventIntake(self.payment_event_reader, queue)

    @cached_property
    def payment_event_reader(self) -> "StripeEvents":
        """What knows the payment provider's events."""
        from chalicelib.video.payments.stripe_events import StripeEvents

        return StripeEvents(self.provider_secret)

    @cached_property
    def payment_events(self) -> "PaymentEvents":
        """What applies the payment provider's events."""
        from chalicelib.video.payments.applying import PaymentEvents
        from chalicelib.video.payments.payment_record_table import RecordsAndEntitlements

        settings = self.settings
        return PaymentEvents(
            orders=self._orders,
            records=RecordsAndEntitlements(
                self._dynamodb, settings.payment_records_table_name, settings.entitlements_table_name
            ),
            provider=self._payment_provider,
            grace_days=settings.grace_days,
        )

    @cached_property
    def payment_dead_letters(self) -> DeadLetterQueue:
        """The dead-letter queue of payment events that can never be applied."""
        return DeadLetterQueue(self._client("sqs"), self.settings.payment_dead_letters_url)

    @cached_property
    def payment_views(self) -> "PaymentViews":
        """Orders and subscriptions over HTTP."""
        from chalicelib.video.payments.views import PaymentViews

        return PaymentViews(self.settings.public_url)

    @cached_property
    def _orders(self) -> "OrderTable":
        from chalicelib.video.payments.order_table import OrderTable

        return OrderTable(self._dynamodb, self.settings.orders_table_name)

    @cached_property
    def _payment_records(self) -> "PaymentRecordTable":
        from chalicelib.video.payments.payment_record_table import PaymentRecordTable

        return PaymentRecordTable(self._dynamodb, self.settings.payment_records_table_name)

    @cached_property
    def _payment_provider(self) -> "PaymentProvider":
        from chalicelib.video.payments.stripe_api import StripeApi
        from chalicelib.video.payments.stripe_payments import StripePayments

        return StripePayments(StripeApi(self.settings.payment_api_url, lambda: self.provider_secret().api_key))

    @cached_property
    def provider_secret(self) -> "ProviderSecretReader":
        """What the payment provider and this app know of each other."""
        from chalicelib.video.payments.provider_secret import ProviderSecretReader

        fetch = clients.secret(self.settings.payment_secret_arn, self.settings.aws_region)
        return ProviderSecretReader(fetch, self._log)

    @cached_property
    def dead_letters(self) -> DeadLetterQueue:
        """The dead-letter queue of records that can never be handled."""
        return DeadLetterQueue(self._client("sqs"), self.settings.stream_dead_letters_url)

    @cached_property
    def _cursors(self) -> Cursors:
        return Cursors(clients.secret(self.settings.cursor_secret_arn, self.settings.aws_region))

    def _client(self, service: str) -> Client:
        return partial(clients.client, service, self.settings.aws_region)
