"""Composition root: the one place where adapters meet the domain, for app.py and for tasks.py.

What only some functions need is imported when they first use it, so that the others start without it.
"""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from chalicelib.blog.home_region import HomeRegion
from chalicelib.blog.mailings.mailing_table import MailingTable
from chalicelib.blog.mailings.progress import MailingProgress
from chalicelib.blog.pages.site import Site
from chalicelib.blog.photos.model import Photo
from chalicelib.blog.photos.photo_table import PhotoTable
from chalicelib.blog.photos.photos import Photos
from chalicelib.blog.photos.upload_bucket import UploadBucket
from chalicelib.blog.photos.views import PhotoViews
from chalicelib.blog.posts.model import Post
from chalicelib.blog.posts.post_table import PostTable
from chalicelib.blog.posts.posts import Posts
from chalicelib.blog.posts.views import PostViews
from chalicelib.blog.search.search_index_store import SearchIndexStore
from chalicelib.blog.settings import Settings
from chalicelib.blog.subscribers.mail_queue import MailQueue
from chalicelib.blog.subscribers.subscriber_table import SubscriberTable
from chalicelib.blog.subscribers.subscriptions import Subscriptions
from chalicelib.blog.views import PageLinks

from common.aws import clients
from common.aws.dead_letters import DeadLetterQueue
from common.http.cursors import Cursors

if TYPE_CHECKING:
    from chalicelib.blog.mailings.mailings import Mailings
    from chalicelib.blog.photos.catalogue import Catalogue
    from chalicelib.blog.photos.media_bucket import MediaBucket
    from chalicelib.blog.photos.media_replica import MediaReplica
    from chalicelib.blog.photos.thumbnails import Thumbnails
    from chalicelib.blog.publishing.publisher import Publisher
    from chalicelib.blog.subscribers.delivery import Delivery
    from chalicelib.blog.subscribers.welcome import Welcome

Client = Callable[[], Any]


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def seconds() -> int:
    """Return the time in seconds since 1970."""
    return int(time.time())


def mail_queue(sqs: Client, url: str) -> MailQueue:
    """Return the queue of mails that are sent later, for functions and tasks."""
    return MailQueue(sqs, url)


def subscriber_table(dynamodb: Client, table: str) -> SubscriberTable:
    """Return the subscribers, for functions and tasks."""
    return SubscriberTable(dynamodb, table)


class Tables:
    """The adapters of the posts table in one region, for functions and tasks."""

    def __init__(self, dynamodb: Client, *, posts_table: str, region: str, primary_region: str) -> None:
        self.home_region = HomeRegion(dynamodb, posts_table, region=region, primary=primary_region)
        self.posts = PostTable(dynamodb, posts_table, self.home_region.run)
        self.photos = PhotoTable(dynamodb, posts_table, self.home_region.transact)


class Blog:
    """The use cases, each made when it is first used."""

    def __init__(self, settings: Settings, log: logging.Logger) -> None:
        self.settings = settings
        self.log = log
        self._dynamodb = self._client("dynamodb")
        self._s3 = self._client("s3")
        self.site = Site(
            title=settings.site_title,
            url=settings.public_url,
            description=settings.site_description,
            language=settings.site_language,
            author=settings.site_author,
        )
        self.tables = Tables(
            self._dynamodb,
            posts_table=settings.table_name,
            region=settings.aws_region,
            primary_region=settings.primary_region,
        )
        self.home_region = self.tables.home_region
        self.post_views = PostViews(settings.public_url)
        self.photo_views = PhotoViews(settings.public_url)

    @cached_property
    def page_links(self) -> PageLinks:
        """The links between the pages of lists, with signed cursors."""
        secret = clients.secret(self.settings.cursor_secret_arn, self.settings.aws_region)
        return PageLinks(f"{self.settings.public_url.rstrip('/')}/api", Cursors(secret))

    @cached_property
    def posts(self) -> Posts:
        """The use cases of posts."""
        return Posts(self.tables.posts, now, _check_rendering, self._has_photo)

    @cached_property
    def search_index(self) -> SearchIndexStore:
        """The search index that readers search."""
        return SearchIndexStore(self._s3, self.settings.site_bucket_name)

    @cached_property
    def photos(self) -> Photos:
        """The use cases of photos."""
        return Photos(self.tables.photos, self._uploads, now)

    @cached_property
    def subscriptions(self) -> Subscriptions:
        """The use cases of subscriptions."""
        return Subscriptions(self._subscribers, now, self.settings.subscriptions_an_hour)

    def photos_shown_by(self, post: Post) -> dict[str, Photo]:
        """Return the photos that a post shows and that are ready, by id."""
        if not post.cover_photo_id and "photo:" not in post.body_markdown:
            return {}
        from chalicelib.blog.pages.posts import photos_of

        return self.tables.photos.ready(photos_of(post))

    @cached_property
    def publisher(self) -> "Publisher":
        """The use case that renders the site."""
        from chalicelib.blog.publishing.distribution import Distribution
        from chalicelib.blog.publishing.publisher import Publisher
        from chalicelib.blog.publishing.publishing_table import PublishingTable
        from chalicelib.blog.publishing.site_bucket import SiteBucket

        return Publisher(
            posts=self.tables.posts,
            notes=PublishingTable(self._dynamodb, self.settings.table_name, self.settings.aws_region),
            photos=self.tables.photos,
            replicas=self._media_replica,
            site=self.site,
            store=SiteBucket(self._s3, self.settings.site_bucket_name),
            edge=Distribution(self._client("cloudfront"), self.settings.distribution_id),
            log=self.log,
            now=seconds,
        )

    @cached_property
    def welcome(self) -> "Welcome":
        """The use case that sends welcome mails."""
        from chalicelib.blog.subscribers import mails
        from chalicelib.blog.subscribers.welcome import Welcome

        return Welcome(
            subscribers=self._subscribers,
            delivery=self._delivery,
            write=partial(mails.welcome, self.site),
            late=self.mail_queue,
        )

    @cached_property
    def mailings(self) -> "Mailings":
        """The use case that mails new posts."""
        from chalicelib.blog.mailings.mailings import Mailings
        from chalicelib.blog.subscribers import mails

        return Mailings(
            posts=self.tables.posts,
            photos=self.tables.photos,
            subscribers=self._subscribers,
            store=self._mailing_table,
            tasks=self.mail_queue,
            delivery=self._delivery,
            write=partial(mails.new_post, self.site),
            mails_a_second=self.settings.mails_a_second,
            now=seconds,
            require_home=self.home_region.require,
        )

    @cached_property
    def mailing_progress(self) -> MailingProgress:
        """How far mailings have come."""
        return MailingProgress(self.tables.posts, self._mailing_table)

    @cached_property
    def mail_queue(self) -> MailQueue:
        """The queue of mails that are sent later."""
        return mail_queue(self._client("sqs"), self.settings.mail_queue_url)

    def mail_post(self, post_id: str) -> None:
        """Have a new post mailed, in the home region."""
        if self.home_region.is_here():
            self.mail_queue.put_mailing(post_id)

    @cached_property
    def dead_letters(self) -> DeadLetterQueue:
        """The dead-letter queue of records that can never be handled."""
        return DeadLetterQueue(self._client("sqs"), self.settings.stream_dead_letters_url)

    @cached_property
    def thumbnails(self) -> "Thumbnails":
        """The use case that makes renditions of photos."""
        from chalicelib.blog.photos.thumbnails import Thumbnails

        return Thumbnails(
            store=self.tables.photos,
            uploads=self._uploads,
            media=self._media,
            now=now,
            require_home=self.home_region.require,
        )

    @cached_property
    def catalogue(self) -> "Catalogue":
        """The use case that records renditions of photos."""
        from chalicelib.blog.photos.catalogue import Catalogue

        return Catalogue(
            store=self.tables.photos,
            uploads=self._uploads,
            media=self._media,
            now=now,
            require_home=self.home_region.require,
        )

    def _has_photo(self, photo_id: str) -> bool:
        return self.tables.photos.find(photo_id) is not None

    @cached_property
    def _subscribers(self) -> SubscriberTable:
        return subscriber_table(self._dynamodb, self.settings.subscriber_table_name)

    @cached_property
    def _mailing_table(self) -> MailingTable:
        return MailingTable(self._dynamodb, self.settings.subscriber_table_name)

    @cached_property
    def _delivery(self) -> "Delivery":
        from chalicelib.blog.subscribers.delivery import Delivery
        from chalicelib.blog.subscribers.mail_mark_table import MailMarkTable
        from chalicelib.blog.subscribers.ses import SesMailer

        ses = partial(clients.one_attempt_client, "sesv2", self.settings.aws_region)
        return Delivery(
            marks=MailMarkTable(
                self._dynamodb,
                self.settings.subscriber_table_name,
                self.home_region.transact,
                clients.is_temporary,
            ),
            mailer=SesMailer(ses, self.settings.mail_from, self.settings.mail_settings_name),
            now=seconds,
        )

    @cached_property
    def _uploads(self) -> UploadBucket:
        return UploadBucket(self._s3, self.settings.uploads_bucket_name)

    @cached_property
    def _media(self) -> "MediaBucket":
        from chalicelib.blog.photos.media_bucket import MediaBucket

        return MediaBucket(self._s3, self.settings.media_bucket_name)

    @cached_property
    def _media_replica(self) -> "MediaReplica":
        from chalicelib.blog.photos.media_replica import MediaReplica

        settings = self.settings
        is_alone = settings.peer_region == settings.aws_region
        # The names of the two regions' media buckets end in their regions.
        peer = settings.media_bucket_name.removesuffix(settings.aws_region) + settings.peer_region
        return MediaReplica(
            self._s3,
            bucket=settings.media_bucket_name,
            source=None if is_alone else peer,
            uploads=settings.uploads_bucket_name,
        )

    def _client(self, service: str) -> Client:
        return partial(clients.client, service, self.settings.aws_region)


def _check_rendering(post: Post) -> None:
    """Check that a post can be rendered; raise InvalidPost if not."""
    from chalicelib.blog.pages.markdown import render

    render(post.body_markdown, {})
