"""The blog's event chains, from what somebody does until somebody else sees it."""

import itertools
import uuid
from collections.abc import Callable
from functools import partial
from statistics import median, quantiles

import requests

from bench.app_stage import seconds_until
from bench.blog_stage import BlogStage, blog_stage
from bench.photograph import photograph
from bench.result import Result
from bench.workspace import Workspace

Chain = Callable[[], float]


def measure(workspace: Workspace) -> list[Result]:
    """Go through each chain again and again, one at a time. A wall clock, as waiting is what it is about."""
    times = 5 if workspace.short else 40
    with blog_stage(workspace) as stage:
        return [
            *_percentiles("publish until visible at the edge", publishing(stage), times),
            *_percentiles("subscribe until the mail is there", subscribing(stage), times),
            *_percentiles("send a 12 MP photo until it is ready", uploading(stage), times),
        ]


def publishing(stage: BlogStage) -> Chain:
    """Publish a post; until a reader sees it, who has looked for it already."""
    author, reader, numbers = stage.visitor(stage.api_url), stage.visitor(), itertools.count()
    signed = {"Authorization": stage.author_token}

    def once() -> float:
        body = {"title": f"Measured {next(numbers)}", "bodyMarkdown": "It *works*."}
        post = author.expect(author.send("POST", "/author/posts", body, **signed), 201).json
        page, publish = f"/posts/{post['slug']}/", f"{post['url'].removeprefix(stage.api_url)}/publish"
        reader.expect(reader.get(page), 404)
        return seconds_until(
            lambda: author.expect(author.send("POST", publish, {}, **signed), 200),
            lambda: reader.get(page).status == 200,
        )

    return once


def subscribing(stage: BlogStage) -> Chain:
    """Subscribe an address; until its mail is in the mailbox."""
    reader, mailbox = stage.visitor(stage.api_url), stage.visitor(stage.endpoint_url)

    def once() -> float:
        address = f"{uuid.uuid4().hex}@example.com"
        return seconds_until(
            lambda: reader.expect(reader.send("POST", "/subscribers", {"address": address}), 202),
            lambda: bool(mailbox.expect(mailbox.get(f"/mailbox?to={address}"), 200).json),
        )

    return once


def uploading(stage: BlogStage) -> Chain:
    """Send a photo by its form; until the API says that it is ready."""
    author, content = stage.visitor(stage.api_url), photograph()
    signed = {"Authorization": stage.author_token}

    def once() -> float:
        body = {"fileName": "photo.jpg", "contentType": "image/jpeg"}
        photo = author.expect(author.send("POST", "/author/photos", body, **signed), 201).json
        form, path = photo["upload"], photo["url"].removeprefix(stage.api_url)
        return seconds_until(
            lambda: requests.post(form["url"], form["fields"], files={"file": content}, timeout=60).raise_for_status(),
            lambda: bool(author.expect(author.get(path, **signed), 200).json["status"] == "ready"),
            # Each look is an invocation, which takes CPU that the chain needs.
            pause=0.05,
        )

    return once


def _percentiles(name: str, chain: Chain, times: int) -> list[Result]:
    chain()
    samples = [chain() for _ in range(times)]
    result = partial(Result, unit="s", reference=None, reference_name="none; what a person waits for", target=None)
    return [
        result(name=f"{name}, p50", ours=median(samples)),
        result(name=f"{name}, p95", ours=quantiles(samples, n=20, method="inclusive")[-1]),
    ]
