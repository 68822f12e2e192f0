"""The functions that follow the tables' streams, put together; the API loads none of this."""

import logging
import time
from functools import partial

from chalicelib.blog import mails
from chalicelib.blog.files import Distribution, SiteBucket
from chalicelib.blog.pages.site import Site
from chalicelib.blog.publishing import Publisher
from chalicelib.blog.ses import SesMailer
from chalicelib.blog.settings import Settings
from chalicelib.blog.subscriber_table import SubscriberTable
from chalicelib.blog.table import PostTable
from chalicelib.blog.welcome import Welcome

from common import clients


def publisher(settings: Settings, site: Site, log: logging.Logger) -> Publisher:
    """Put together what renders the site."""
    region = settings.aws_region
    return Publisher(
        PostTable(partial(clients.client, "dynamodb", region), settings.table_name),
        site,
        SiteBucket(partial(clients.client, "s3", region), settings.site_bucket_name),
        Distribution(partial(clients.client, "cloudfront", region), settings.distribution_id),
        log,
    )


def welcome(settings: Settings, site: Site) -> Welcome:
    """Put together what sends welcome mails."""
    region = settings.aws_region
    return Welcome(
        SubscriberTable(partial(clients.client, "dynamodb", region), settings.subscriber_table_name),
        SesMailer(partial(clients.client, "sesv2", region), settings.mail_from, settings.mail_settings_name),
        partial(mails.welcome, site),
        lambda: int(time.time()),
    )
