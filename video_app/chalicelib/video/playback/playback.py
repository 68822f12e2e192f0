"""The use case: a link for a viewer who may watch the video."""

import time
from collections.abc import Callable, Mapping

import msgspec
from chalicelib.video.catalogue.content import content_url, file_url, manifest_url
from chalicelib.video.catalogue.model import Video
from chalicelib.video.entitlements.model import valid_until
from chalicelib.video.errors import NotEntitled, VideoNotFound
from chalicelib.video.playback.model import Limits, PlayRecord, PlayRequest, Plays
from chalicelib.video.playback.ports import LinkSigner, PlayState, PlayStore

from common.aws import backoff
from common.errors import Busy


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """What a viewer gets: an address and, for HLS, cookies for everything in `folder_url`."""

    url: str
    until: int
    folder_url: str
    cookies: Mapping[str, str] = {}


class Playback:
    """Issues links to content."""

    def __init__(
        self,
        *,
        store: PlayStore,
        signer: LinkSigner,
        public_url: str,
        limits: Limits,
        now: Callable[[], int],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store = store
        self._signer = signer
        self._public_url = public_url.rstrip("/")
        self._limits = limits
        self._now = now
        self._sleep = sleep

    def play(self, owner: str, request: PlayRequest) -> Link:
        """Issue a link. It ends with the entitlement, and after a few minutes at the latest.

        Raises
        ------
        VideoNotFound
        NotEntitled
        WatchingLimit
        Busy
            Too many requests of this account at once.
        """
        state = self._store.state(owner, request.video_id)
        if state.video is None or not state.video.is_ready:
            raise VideoNotFound("The video does not exist.")
        record = self._record(request, state)
        self._save(owner, state.plays, record)
        return self._link(state.video, request, record.until)

    def _record(self, request: PlayRequest, state: PlayState) -> PlayRecord:
        now = self._now()
        entitled, end = valid_until(state.entitlements, now)
        if not entitled:
            raise NotEntitled("Buy the video or a subscription to watch it.")
        until = now + self._limits.link_seconds
        return PlayRecord(
            video_id=request.video_id,
            delivery=request.delivery,
            device=request.device,
            issued=now,
            until=until if end is None else min(until, end),
            address=request.address or "",
        )

    def _save(self, owner: str, plays: Plays, record: PlayRecord) -> None:
        """Count the link; the limits hold whatever else happens at the same time."""
        for _ in backoff.attempts(self._sleep):
            current = self._store.save(owner, plays.with_link(record, self._limits))
            if current is None:
                return
            plays = current
        raise Busy("Too many links are asked for at once.")

    def _link(self, video: Video, request: PlayRequest, until: int) -> Link:
        folder = content_url(self._public_url, video)
        if request.delivery == "url":
            url = self._signer.signed_url(file_url(self._public_url, video), until, request.address)
            return Link(url=url, until=until, folder_url=folder)
        cookies = self._signer.signed_cookies(f"{folder}*", until, request.address)
        return Link(url=manifest_url(self._public_url, video), until=until, folder_url=folder, cookies=cookies)
