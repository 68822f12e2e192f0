"""Reads a distribution's configuration for its edge; each version is parsed once."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from ministack.services import cloudfront

from local_aws.services.cloudfront.cache_control import CacheTtl
from local_aws.services.cloudfront.cache_key import CachePolicy, PolicyItems

_NO_ITEMS = PolicyItems("none", frozenset())
_LEGACY_DEFAULT_SECONDS, _LEGACY_MOST_SECONDS = 86_400, 31_536_000


@dataclass(frozen=True)
class OriginGroup:
    """Two origins, and the statuses of the first on which CloudFront fails over to the second."""

    members: tuple[str, ...]
    statuses: frozenset[int]


@dataclass
class Configuration:
    """One version of a distribution's configuration; behaviors and origins are MiniStack's own records."""

    parsed: dict[str, Any]
    groups: dict[str, OriginGroup]
    error_ttls: dict[int, int]
    # Without IPv6 the domain name has no such address, so viewers connect by IPv4.
    has_ipv6: bool = True
    _policies: dict[int, tuple[Any, CachePolicy]] = field(default_factory=dict)

    @property
    def root(self) -> str:
        """The default root object, or an empty string."""
        return str(self.parsed["default_root_object"])

    def behavior(self, path: str) -> dict[str, Any] | None:
        """The cache behavior whose path pattern matches a path."""
        behavior: dict[str, Any] | None = cloudfront._match_behavior(self.parsed, path)
        return behavior

    def error_page(self, status: int) -> dict[str, Any] | None:
        """The custom error page of an origin's status, as `page` and `response_code`, if it has one."""
        page: dict[str, Any] | None = self.parsed["custom_error_responses"].get(status)
        return page

    def origins(self, behavior: dict[str, Any]) -> tuple[list[dict[str, Any]], frozenset[int]]:
        """The origins of a cache behavior, in order, and the statuses on which the next one is tried."""
        target = behavior["target_origin_id"]
        group = self.groups.get(target) or OriginGroup((target,), frozenset())
        origins = self.parsed["origins"]
        return [origins[name] for name in group.members if name in origins], group.statuses

    def policy(self, behavior: dict[str, Any]) -> CachePolicy:
        """The current cache policy of a cache behavior. A policy may change while the distribution does not."""
        record = _record(behavior["cache_policy_id"])
        cached = self._policies.get(id(behavior))
        if cached is None or cached[0] is not record:
            policy = CachePolicy.from_config(record) if record else _legacy(behavior)
            cached = self._policies[id(behavior)] = (record, policy)
        return cached[1]


def _record(policy_id: str | None) -> dict[str, Any] | None:
    if not policy_id:
        return None
    policy = cloudfront._cache_policies.get(policy_id) or cloudfront._MANAGED_CACHE_POLICIES.get(policy_id)
    return policy["Config"] if policy else None


def _legacy(behavior: dict[str, Any]) -> CachePolicy:
    least, default, most = behavior["legacy_ttls"]
    ttl = CacheTtl(least, default, most)
    values = behavior["forwarded_values"]
    if values is None:
        # CloudFront accepts no cache behavior with neither.
        return CachePolicy(CacheTtl(0, 0, 0), _NO_ITEMS, _NO_ITEMS, _NO_ITEMS)
    return CachePolicy.from_legacy(values, ttl, behavior["compress"])


def read_behavior(element: Any, behavior: dict[str, Any]) -> dict[str, Any]:
    """Add to MiniStack's record of a cache behavior the settings that it does not read."""
    methods = cloudfront._find(element, "AllowedMethods")
    cached = cloudfront._find(methods, "CachedMethods") if methods is not None else None
    least = _whole(element, "MinTTL", 0)
    default = _whole(element, "DefaultTTL", max(_LEGACY_DEFAULT_SECONDS, least))
    return behavior | {
        "compress": bool(cloudfront._xbool(element, "Compress", False)),
        "cached_methods": {"GET", "HEAD", *(each.text for each in items(cached))},
        "trusted_key_groups": trusted(element, "TrustedKeyGroups"),
        "legacy_ttls": (least, default, _whole(element, "MaxTTL", max(_LEGACY_MOST_SECONDS, default))),
    }


def trusted(element: Any, kind: str) -> tuple[str, ...]:
    """The ids in a cache behavior's TrustedKeyGroups or TrustedSigners, whatever `Enabled` says."""
    return tuple(each.text or "" for each in items(cloudfront._find(element, kind)))


_configurations: dict[str, tuple[str, Configuration]] = {}


def configuration(distribution: dict[str, Any]) -> Configuration:
    """The distribution's current configuration."""
    xml, cached = distribution.get("config_xml", ""), _configurations.get(distribution["Id"])
    if cached is None or cached[0] is not xml:
        cached = _configurations[distribution["Id"]] = (xml, _read(distribution))
    return cached[1]


def forget(distribution_id: str | None) -> None:
    """Drop the cached configuration of one distribution, or of all."""
    if distribution_id is None:
        _configurations.clear()
    else:
        _configurations.pop(distribution_id, None)


def _read(distribution: dict[str, Any]) -> Configuration:
    element = cloudfront._dist_config_el(distribution)
    groups = (origin_group(each) for each in items(cloudfront._find(element, "OriginGroups")))
    errors = items(cloudfront._find(element, "CustomErrorResponses"))
    ttls = {int(cloudfront._text(each, "ErrorCode")): _whole(each, "ErrorCachingMinTTL", None) for each in errors}
    return Configuration(
        cloudfront.parse_distribution_dataplane_config(distribution),
        dict(groups),
        {status: ttl for status, ttl in ttls.items() if ttl is not None},
        bool(cloudfront._xbool(element, "IsIPV6Enabled", False)),
    )


def matched_path(raw_path: str) -> str:
    """Normalise a path for the comparison with path patterns: unescape it, remove dot segments and repeated slashes.

    The origin and the viewer functions get the path unchanged.
    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesCacheBehavior.html#DownloadDistValuesPathPattern
    """
    segments = raw_path.split("/")[1:]
    path: list[str] = []
    for segment in map(unquote, segments):
        if segment == "..":
            del path[-1:]
        elif segment not in ("", "."):
            path.append(segment)
    is_folder = path and unquote(segments[-1]) in ("", ".", "..")
    return "/" + "/".join(path) + ("/" if is_folder else "")


def origin_group(element: Any) -> tuple[str, OriginGroup]:
    """Read one origin group; returns its name and the group."""
    criteria = cloudfront._find(element, "FailoverCriteria")
    codes = items(cloudfront._find(criteria, "StatusCodes") if criteria is not None else None)
    members = items(cloudfront._find(element, "Members"))
    return cloudfront._text(element, "Id"), OriginGroup(
        tuple(cloudfront._text(each, "OriginId") for each in members), frozenset(int(each.text) for each in codes)
    )


def items(block: Any) -> list[Any]:
    """The elements of an XML list; empty if the list is missing."""
    elements = cloudfront._find(block, "Items") if block is not None else None
    return [] if elements is None else list(elements)


def _whole(element: Any, name: str, default: Any) -> Any:
    text = cloudfront._text(element, name).strip()
    return int(text) if text else default
