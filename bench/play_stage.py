"""Latency of the play call on a stage of the embedded AWS: distribution, API Gateway, a warm function, DynamoDB."""

import time
from statistics import median
from urllib.parse import urlsplit

from bench.app_stage import AppStage, Visitor, running_app
from bench.result import Result, compared
from bench.sampling import alternate
from bench.workspace import Workspace

# An account has a limit of links in an hour.
_CALLS = 10


def measure(workspace: Workspace) -> list[Result]:
    """Ask for links and for the configuration in turns. A wall clock, as a viewer waits by it."""
    with running_app(workspace, "video_app", workspace.video_checkout) as stage:
        viewer = Viewer(stage)
        samples = alternate(viewer.play_p50_ms, viewer.configuration_p50_ms, 4 if workspace.short else 12)
    reference = "the same way to a function that reads nothing: GET /config"
    return [compared("play call on a stage, p50", "ms", samples, reference, None)]


class Viewer:
    """A subscriber with one connection and one video."""

    def __init__(self, stage: AppStage) -> None:
        self._connection: Visitor = stage.visitor(stage.api_url)
        self._token = stage.token("vera")
        videos = self._connection.expect(self._connection.get("/videos"), 200).json["videos"]
        self._video = urlsplit(videos[0]["url"]).path.rpartition("/")[2]

    def play_p50_ms(self) -> float:
        """Median of a few links, renewed on one device."""
        return median(self._ms("POST", f"/videos/{self._video}/play", {"device": "living-room-tv"}, 201))

    def configuration_p50_ms(self) -> float:
        """Median of a few requests for the configuration."""
        return median(self._ms("GET", "/config", None, 200))

    def _ms(self, method: str, path: str, body: dict[str, str] | None, status: int) -> list[float]:
        taken = []
        for _ in range(_CALLS):
            began = time.perf_counter()
            response = self._connection.send(method, path, body, Authorization=self._token)
            taken.append((time.perf_counter() - began) * 1000)
            self._connection.expect(response, status)
        return taken
