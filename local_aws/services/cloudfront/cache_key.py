"""Computes the cache key: the values of a viewer's request that its cache policy includes.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/controlling-the-cache-key.html
"""

import fnmatch
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from local_aws.services.cloudfront.cache_control import CacheTtl

Key = tuple[Any, ...]


@dataclass(frozen=True)
class PolicyItems:
    """The headers, cookies or query strings that a policy includes: `none`, `all`, `whitelist` or `allExcept`."""

    behavior: str
    names: frozenset[str]

    def includes(self, name: str) -> bool:
        """Whether the policy includes `name`. Cookies of the legacy settings may be patterns."""
        if self.behavior in ("none", "all"):
            return self.behavior == "all"
        is_named = name in self.names or any("*" in item and fnmatch.fnmatchcase(name, item) for item in self.names)
        return is_named == (self.behavior == "whitelist")


@dataclass(frozen=True)
class CachePolicy:
    """A cache policy. The legacy settings of a cache behavior are converted to one."""

    ttl: CacheTtl
    headers: PolicyItems
    cookies: PolicyItems
    query: PolicyItems
    encodings: tuple[str, ...] = ()

    @property
    def is_caching(self) -> bool:
        """False when all TTLs are 0 or all headers are included, as in the managed policy CachingDisabled."""
        return self.ttl.most > 0 and self.headers.behavior != "all"

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "CachePolicy":
        """Read MiniStack's record of a cache policy."""
        parameters = config.get("Parameters") or {}
        least = config["MinTTL"]
        default = config.get("DefaultTTL", max(86_400, least))
        ttl = CacheTtl(least, default, config.get("MaxTTL", max(31_536_000, default)))
        formats = (("br", "EnableAcceptEncodingBrotli"), ("gzip", "EnableAcceptEncodingGzip"))
        return cls(
            ttl,
            _policy_items(parameters, "Header", [name.lower() for name in parameters.get("Headers", ())]),
            _policy_items(parameters, "Cookie", parameters.get("Cookies", ())),
            _policy_items(parameters, "QueryString", parameters.get("QueryStrings", ())),
            tuple(name for name, setting in formats if parameters.get(setting)),
        )

    @classmethod
    def from_legacy(cls, values: dict[str, Any], ttl: CacheTtl, compresses: bool) -> "CachePolicy":
        """Convert the ForwardedValues of a cache behavior without a cache policy."""
        names = [name.lower() for name in values["headers"]]
        headers = PolicyItems("all", frozenset()) if "*" in names else PolicyItems("whitelist", frozenset(names))
        cookies = PolicyItems(values["cookies_forward"], frozenset(values["cookies_whitelist"]))
        query = PolicyItems("all" if values["query_string"] else "none", frozenset())
        return cls(ttl, headers, cookies, query, ("gzip",) if compresses else ())

    def accepted_encodings(self, headers: dict[str, Any]) -> str | None:
        """Accept-Encoding, normalised to the formats that the policy enables; None when it enables none."""
        if not self.encodings or "accept-encoding" in self.headers.names:
            return None
        accepted = _accepted(headers.get("accept-encoding") or "")
        return ",".join(name for name in self.encodings if name in accepted)

    def key(self, method: str, uri: str, query: str, headers: dict[str, Any], cookies: dict[str, str]) -> Key:
        """Compute the cache key. Its second item is the object's path with the included query strings."""
        return (
            "OPTIONS" if method == "OPTIONS" else "GET",
            address(uri, self.included_query(query)),
            self.accepted_encodings(headers) or "",
            tuple((name, str(value)) for name, value in sorted(headers.items()) if self.headers.includes(name)),
            tuple((name, value) for name, value in sorted(cookies.items()) if self.cookies.includes(name)),
        )

    def included_query(self, query: str) -> str:
        """The included part of a query string, in the viewer's order and spelling."""
        if self.query.behavior == "all":
            return query
        pairs = (pair for pair in query.split("&") if pair)
        return "&".join(pair for pair in pairs if self.query.includes(unquote_plus(pair.partition("=")[0])))


def address(uri: str, query: str) -> str:
    """The path and query string by which an invalidation names an object."""
    return f"{uri}?{query}" if query else uri


def _policy_items(parameters: dict[str, Any], kind: str, names: Any) -> PolicyItems:
    return PolicyItems(parameters.get(f"{kind}Behavior", "none"), frozenset(names))


def _accepted(value: str) -> set[str]:
    formats = set()
    for part in value.lower().split(","):
        name, _, weight = part.partition(";")
        if weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000"):
            formats.add(name.strip())
    return formats
