"""HTTP representations of mailings."""

from datetime import UTC, datetime
from typing import Annotated

import msgspec
from chalicelib.blog.mailings.model import Mailing, MailingStatus
from msgspec import Meta

from common.values import Timestamp, timestamp


class MailingView(msgspec.Struct, rename="camel"):
    """How far the mailing of a post has come. `sent` are the mails that SES has taken, `refused` those it refuses."""

    status: Annotated[MailingStatus, Meta(examples=["sending"])]
    sent: Annotated[int, Meta(examples=[812])]
    refused: Annotated[int, Meta(examples=[3])]
    started_at: Timestamp | None
    ended_at: Timestamp | None


def mailing_view(mailing: Mailing) -> MailingView:
    """Show a mailing to authors."""
    return MailingView(
        status=mailing.status,
        sent=mailing.sent,
        refused=mailing.refused,
        started_at=_time(mailing.started_at),
        ended_at=_time(mailing.ended_at),
    )


def _time(seconds: int) -> str | None:
    return timestamp(datetime.fromtimestamp(seconds, UTC)) if seconds else None
