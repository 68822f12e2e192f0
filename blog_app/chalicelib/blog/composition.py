"""The functions that follow the tables' streams and the photos, put together; the API loads none of this."""

import logging
import time
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from chalicelib.blog.dead_letters import DeadLetterQueue
from chalicelib.blog.home_region import Home
from chalicelib.blog.pages.site import Site
from chalicelib.blog.photos.catalogue import Catalogue
from chalicelib.blog.photos.media_bucket import MediaBucket, MediaCopies, UploadBucket
from chalicelib.blog.photos.photo_table import PhotoTable
from chalicelib.blog.posts.post_table import PostTable
from chalicelib.blog.publishing.publisher import Publisher
from chalicelib.blog.publishing.site_bucket import Distribution, SiteBucket
from chalicelib.blog.settings import Settings
from chalicelib.blog.subscribers import mails
from chalicelib.blog.subscribers.ses import SesMailer
from chalicelib.blog.subscribers.subscriber_table import SubscriberTable
from chalicelib.blog.subscribers.welcome import Welcome

from common.aws import clients

if TYPE_CHECKING:
    from chalicelib.blog.photos.thumbnails import Thumbnails


def publisher(settings: Settings, site: Site, log: logging.Logger) -> Publisher:
    """Put together what renders the site."""
    region = settings.aws_region
    s3 = partial(clients.client, "s3", region)
    return Publisher(
        PostTable(partial(clients.client, "dynamodb", region), settings.table_name, _home(settings).run, region),
        _photo_table(settings),
        MediaCopies(s3, settings.media_bucket_name, _peers_media(settings), settings.uploads_bucket_name),
        site,
        SiteBucket(s3, settings.site_bucket_name),
        Distribution(partial(clients.client, "cloudfront", region), settings.distribution_id),
        log,
    )


def welcome(settings: Settings, site: Site) -> Welcome:
    """Put together what sends welcome mails."""
    region = settings.aws_region
    return Welcome(
        SubscriberTable(
            partial(clients.client, "dynamodb", region), settings.subscriber_table_name, _home(settings).transact
        ),
        SesMailer(
            partial(clients.one_attempt_client, "sesv2", region), settings.mail_from, settings.mail_settings_name
        ),
        partial(mails.welcome, site),
        lambda: int(time.time()),
    )


def dead_letters(settings: Settings) -> DeadLetterQueue:
    """Put together where records go that cannot be read."""
    return DeadLetterQueue(partial(clients.client, "sqs", settings.aws_region), settings.stream_dead_letters_url)


def thumbnails(settings: Settings) -> "Thumbnails":
    """Put together what makes thumbnails."""
    from chalicelib.blog.photos.thumbnails import Thumbnails  # noqa: PLC0415 - the picture library is for this function alone

    return Thumbnails(*_photos(settings), now, _home(settings).require)


def catalogue(settings: Settings) -> Catalogue:
    """Put together what catalogues photos."""
    return Catalogue(*_photos(settings), now, _home(settings).require)


def now() -> datetime:
    """Tell the time."""
    return datetime.now(UTC)


def _peers_media(settings: Settings) -> str | None:
    """The other region's media bucket: their names end in their regions."""
    if settings.peer_region == settings.aws_region:
        return None
    return settings.media_bucket_name.removesuffix(settings.aws_region) + settings.peer_region


def _home(settings: Settings) -> Home:
    region = settings.aws_region
    return Home(partial(clients.client, "dynamodb", region), settings.table_name, region, settings.primary_region)


def _photo_table(settings: Settings) -> PhotoTable:
    dynamodb = partial(clients.client, "dynamodb", settings.aws_region)
    return PhotoTable(dynamodb, settings.table_name, _home(settings).transact)


def _photos(settings: Settings) -> tuple[PhotoTable, UploadBucket, MediaBucket]:
    region = settings.aws_region
    s3 = partial(clients.client, "s3", region)
    return (
        _photo_table(settings),
        UploadBucket(s3, settings.uploads_bucket_name),
        MediaBucket(s3, settings.media_bucket_name),
    )
