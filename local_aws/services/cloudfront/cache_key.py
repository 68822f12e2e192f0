"""The cache key: the values of a viewer's request that its cache policy includes.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/controlling-the-cache-key.html
"""

import fnmatch
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from local_aws.services.cloudfront.cache_control import Lifetimes

Key = tuple[Any, ...]


@dataclass(frozen=True)
class Choice:
    """Which names count: `none`, `all`, `whitelist` or `allExcept`."""

    behavior: str
    names: frozenset[str]

    def takes(self, name: str) -> bool:
        """Whether `name` counts. Cookies of the legacy settings may be patterns."""
        if self.behavior in ("none", "all"):
            return self.behavior == "all"
        is_named = name in self.names or any("*" in each and fnmatch.fnmatchcase(name, each) for each in self.names)
        return is_named == (self.behavior == "whitelist")


@dataclass(frozen=True)
class CachePolicy:
    """One cache policy, or the legacy settings of a behavior in its terms."""

    ttl: Lifetimes
    headers: Choice
    cookies: Choice
    query: Choice
    encodings: tuple[str, ...] = ()

    @property
    def is_caching(self) -> bool:
        """False when all TTLs are 0 or all headers count, as for the managed policy CachingDisabled."""
        return self.ttl.most > 0 and self.headers.behavior != "all"

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "CachePolicy":
        """From MiniStack's record of a cache policy."""
        given = config.get("Parameters") or {}
        least = config["MinTTL"]
        default = config.get("DefaultTTL", max(86_400, least))
        ttl = Lifetimes(least, default, config.get("MaxTTL", max(31_536_000, default)))
        formats = (("br", "EnableAcceptEncodingBrotli"), ("gzip", "EnableAcceptEncodingGzip"))
        return cls(
            ttl,
            _choice(given, "Header", [name.lower() for name in given.get("Headers", ())]),
            _choice(given, "Cookie", given.get("Cookies", ())),
            _choice(given, "QueryString", given.get("QueryStrings", ())),
            tuple(name for name, setting in formats if given.get(setting)),
        )

    @classmethod
    def from_legacy(cls, values: dict[str, Any], ttl: Lifetimes, compresses: bool) -> "CachePolicy":
        """From the ForwardedValues of a behavior without a cache policy."""
        names = [name.lower() for name in values["headers"]]
        headers = Choice("all", frozenset()) if "*" in names else Choice("whitelist", frozenset(names))
        cookies = Choice(values["cookies_forward"], frozenset(values["cookies_whitelist"]))
        query = Choice("all" if values["query_string"] else "none", frozenset())
        return cls(ttl, headers, cookies, query, ("gzip",) if compresses else ())

    def accepted_encodings(self, headers: dict[str, Any]) -> str | None:
        """Accept-Encoding normalised to what the policy enables; None when it enables nothing."""
        if not self.encodings or "accept-encoding" in self.headers.names:
            return None
        accepted = _accepted(headers.get("accept-encoding") or "")
        return ",".join(name for name in self.encodings if name in accepted)

    def key(self, method: str, uri: str, query: str, headers: dict[str, Any], cookies: dict[str, str]) -> Key:
        """The cache key; the object's address with the query that counts is its second part."""
        return (
            "OPTIONS" if method == "OPTIONS" else "GET",
            address(uri, self.counted(query)),
            self.accepted_encodings(headers) or "",
            tuple((name, str(value)) for name, value in sorted(headers.items()) if self.headers.takes(name)),
            tuple((name, value) for name, value in sorted(cookies.items()) if self.cookies.takes(name)),
        )

    def counted(self, query: str) -> str:
        """The part of a query string that counts, in the viewer's order and spelling."""
        if self.query.behavior == "all":
            return query
        pairs = (pair for pair in query.split("&") if pair)
        return "&".join(pair for pair in pairs if self.query.takes(unquote_plus(pair.partition("=")[0])))


def address(uri: str, query: str) -> str:
    """The path and query string by which an invalidation names an object."""
    return f"{uri}?{query}" if query else uri


def _choice(given: dict[str, Any], kind: str, names: Any) -> Choice:
    return Choice(given.get(f"{kind}Behavior", "none"), frozenset(names))


def _accepted(value: str) -> set[str]:
    found = set()
    for part in value.lower().split(","):
        name, _, weight = part.partition(";")
        if weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000"):
            found.add(name.strip())
    return found
