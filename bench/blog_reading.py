"""Reading the blog: how large a page is, how fast the edge answers, and how few reads reach a function."""

import random
import re
import time
from collections.abc import Sequence
from functools import partial
from itertools import accumulate

from bench.app_stage import Visitor
from bench.blog_stage import BlogStage, blog_stage
from bench.result import Limit, Result, compared
from bench.sampling import alternate
from bench.workspace import Workspace

_LIST = "/posts?limit=10"
_CALLS = 100
_READS = 10_000
_SEED = 20_260_101
_KB = 1000
_LOG_SECONDS = 2


def measure(workspace: Workspace) -> list[Result]:
    """Measure all three on one stage."""
    with blog_stage(workspace) as stage:
        return [_page_size(stage), _rates(stage, short=workspace.short), _share(stage)]


def _page_size(stage: BlogStage) -> Result:
    visitor = stage.visitor()
    found = pages(visitor)
    zipped = max(_size_kb(visitor, path, Accept_Encoding="gzip") for path in found)
    plain = max(_size_kb(visitor, path) for path in found)
    name, reference = "largest page with its style sheet, compressed", "the same without compression"
    return Result(name, "kB", zipped, plain, reference, Limit(30))


def _size_kb(visitor: Visitor, path: str, **headers: str) -> float:
    """A page with its style sheet, and with the script of pages with code: all but pictures. There are no fonts."""
    page = visitor.get(path).body.decode()
    needed = re.findall(r'<link rel="stylesheet" href="([^"]+)"', page)
    if not needed:
        raise RuntimeError(f"{path} has no style sheet")
    needed += re.findall(r'<script src="([^"]+)"', page)
    responses = [visitor.expect(visitor.get(address, **headers), 200) for address in (path, *needed)]
    return sum(len(response.body) for response in responses) / _KB


def _rates(stage: BlogStage, *, short: bool) -> Result:
    edge, direct = stage.visitor(stage.api_url), stage.visitor(stage.direct_api_url)
    samples = alternate(partial(_rate, edge), partial(_rate, direct), 4 if short else 12)
    reference = "the same request to API Gateway, which calls the function"
    return compared("reads at the edge, cached", "1/s", samples, reference, None)


def _rate(visitor: Visitor) -> float:
    """Requests a second on one connection."""
    started = time.perf_counter()
    for _ in range(_CALLS):
        visitor.expect(visitor.get(_LIST), 200)
    return _CALLS / (time.perf_counter() - started)


def _share(stage: BlogStage) -> Result:
    """Begin with an edge that has nothing."""
    stage.forget()
    visitor, chosen = stage.visitor(), zipf(reads(stage.visitor()), _READS)
    since = time.time()
    for path in chosen:
        visitor.expect(visitor.get(path), 200)
    # A log is written a moment after its call.
    time.sleep(_LOG_SECONDS)
    if not (invocations := stage.invocations(since)):
        raise RuntimeError("an edge that had nothing has asked nobody: nothing was counted")
    share = invocations / len(chosen) * 100
    name = f"of {_READS:,} reads, by Zipf, reach a function"
    return Result(name, "%", share, 100, "without a cache at the edge and pages in a bucket", Limit(1))


def pages(visitor: Visitor) -> list[str]:
    """The addresses of all pages, as the sitemap has them."""
    sitemap = visitor.expect(visitor.get("/sitemap.xml"), 200).body.decode()
    found = [part.partition("</loc>")[0] for part in sitemap.split("<loc>")[1:]]
    return [url.removeprefix(visitor.url) or "/" for url in found]


def reads(visitor: Visitor) -> list[str]:
    """What there is to read, the most read first: pages, the feed, and what programs and the search ask the API for."""
    posts = visitor.expect(visitor.get("/api/posts?limit=50"), 200).json
    api = [f"/api/posts/{post['slug']}" for post in posts] + ["/api/posts", "/api/tags", "/api/posts?limit=5"]
    searches = [f"/api/search?q={post['title'].split()[0].lower()}" for post in posts]
    return [*pages(visitor), "/feed.xml", *api, *searches]


def zipf(what: Sequence[str], times: int) -> list[str]:
    """Draw: the second is read half as often as the first, the third a third as often, and so on."""
    weights = list(accumulate(1 / rank for rank in range(1, len(what) + 1)))
    return random.Random(_SEED).choices(what, cum_weights=weights, k=times)  # noqa: S311 - no secret
