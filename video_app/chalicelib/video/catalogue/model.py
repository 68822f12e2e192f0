"""A video of the catalogue."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from common.values import TEXT, VISIBLE_LINE, Id, Timestamp

VideoId = Id
Title = Annotated[str, Meta(min_length=1, max_length=200, pattern=VISIBLE_LINE, examples=["The Tide Mill"])]
Description = Annotated[str, Meta(max_length=2000, pattern=TEXT, examples=["A mill that the sea drives."])]
# Money in the currency's smallest unit, as ISO 4217 counts it: https://www.iso.org/iso-4217-currency-codes.html
Amount = Annotated[int, Meta(ge=50, le=99_999_999, examples=[490])]
Currency = Annotated[str, Meta(pattern=r"^[a-z]{3}(?!\n)$", examples=["eur"])]

UPLOADING: Literal["uploading"] = "uploading"
READY: Literal["ready"] = "ready"


class Video(msgspec.Struct, frozen=True, kw_only=True):
    """One video; `folder` names its content in the bucket and cannot be guessed."""

    id: VideoId
    title: Title
    description: Description = ""
    seconds: Annotated[float, Meta(gt=0)]
    amount: Amount
    currency: Currency
    folder: Annotated[str, Meta(pattern=r"^[0-9a-f]{32}(?!\n)$")]
    created_at: Timestamp
    status: Literal["uploading", "ready"] = UPLOADING

    @property
    def is_ready(self) -> bool:
        """Whether all of its content is there."""
        return self.status == READY
