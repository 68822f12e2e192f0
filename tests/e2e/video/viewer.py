"""MyVideos' viewers: an API with a token, and a player that sends the cookies it has."""

import time
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.e2e.local_stage import LocalStage

APP = "video_app"


@dataclass
class Viewer:
    """A demo user with a device."""

    stage: LocalStage
    user: str
    device: str = "test-device"
    cookies: dict[str, str] = field(default_factory=dict)

    @property
    def site_url(self) -> str:
        return str(self.stage.document["apps"][APP]["api_url"]).removesuffix("/api")

    @property
    def token(self) -> str:
        """A valid ID token."""
        return self.stage.token(APP, self.user)

    def videos(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = requests.get(f"{self.site_url}/api/videos").json()["videos"]
        return found

    def demo_videos(self) -> list[dict[str, Any]]:
        """The videos that the stage was seeded with."""
        return [video for video in self.videos() if video["title"] in ("Dusk", "Noon", "Dawn")]

    def play(self, video: dict[str, Any], headers: dict[str, str] | None = None, **fields: Any) -> requests.Response:
        """Ask for a link, and keep its cookies."""
        body = {"device": self.device, **fields}
        answer = requests.post(
            f"{video['url']}/play", json=body, headers={"Authorization": self.token} | (headers or {})
        )
        self.cookies |= answer.cookies.get_dict()
        return answer

    def fetch(self, url: str, **headers: str) -> requests.Response:
        """Request content with the cookies, whose attribute Secure `requests` would heed on http."""
        sent = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())} if self.cookies else {}
        return requests.get(url, headers=sent | headers)


def forget_links(stage: LocalStage) -> None:
    """Forget who watches on which device, so that no test meets the limits of another."""
    dynamodb, table = stage.client("dynamodb"), stage.outputs(APP)["PlaysTableName"]
    for item in dynamodb.scan(TableName=table)["Items"]:
        dynamodb.delete_item(TableName=table, Key={"owner": item["owner"]})


def lines(playlist: str) -> list[str]:
    """The addresses in an HLS playlist: https://www.rfc-editor.org/rfc/rfc8216#section-4.1"""
    return [line for line in playlist.splitlines() if line and not line.startswith("#")]


def now() -> int:
    return int(time.time())
