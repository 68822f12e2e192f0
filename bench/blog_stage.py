"""blog_app's stage: what its measurements wait for, forget and count."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

from bench.app_stage import AppStage, running_app, seconds_until
from bench.workspace import Workspace


class BlogStage(AppStage):
    """The blog, which is up."""

    @cached_property
    def author_token(self) -> str:
        """An author's ID token."""
        return self.token("ada")

    def settle(self) -> None:
        """Wait until the pages show the demo's posts and photos, which reach them by events after the stage is up."""
        seconds_until(lambda: None, self._is_settled, pause=0.2)

    def _is_settled(self) -> bool:
        author, signed = self.visitor(self.api_url), {"Authorization": self.author_token}
        photos = author.expect(author.get("/author/photos?limit=50", **signed), 200).json
        if any(photo["status"] == "waiting" for photo in photos):
            return False
        return self.deploy("task", self.app, "render_all") == "everything was up to date"

    def forget(self) -> None:
        """Have the edge keep nothing of what it has."""
        batch = {"Paths": {"Quantity": 1, "Items": ["/*"]}, "CallerReference": uuid.uuid4().hex}
        distribution = self.outputs["DistributionId"]
        self.client("cloudfront").create_invalidation(DistributionId=distribution, InvalidationBatch=batch)

    def invocations(self, since: float) -> int:
        """How often the API's function was called since a time: Lambda logs one REPORT for each."""
        pages = self.client("logs").get_paginator("filter_log_events")
        found = pages.paginate(
            logGroupName="/aws/lambda/blog-local", startTime=int(since * 1000), filterPattern='"REPORT RequestId"'
        )
        return sum(len(page["events"]) for page in found)


@contextmanager
def blog_stage(workspace: Workspace) -> Iterator[BlogStage]:
    """Bring it up and take it down."""
    with running_app(workspace, "blog_app", workspace.blog_checkout) as running:
        stage = BlogStage(running.app, running.root, running.port, running.pid)
        stage.settle()
        yield stage
