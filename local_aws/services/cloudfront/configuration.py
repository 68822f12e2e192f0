"""A distribution's configuration, as its edge needs it; parsed once for each version."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from ministack.services import cloudfront

from local_aws.services.cloudfront.cache_control import Lifetimes
from local_aws.services.cloudfront.cache_key import CachePolicy, Choice

_NO_CACHE_KEY = Choice("none", frozenset())
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
    _policies: dict[int, tuple[Any, CachePolicy]] = field(default_factory=dict)

    @property
    def root(self) -> str:
        """The default root object, or an empty string."""
        return str(self.parsed["default_root_object"])

    def behavior(self, path: str) -> dict[str, Any] | None:
        """The cache behavior of a path."""
        found: dict[str, Any] | None = cloudfront._match_behavior(self.parsed, path)
        return found

    def error_page(self, status: int) -> dict[str, Any] | None:
        """`page` and `response_code` for an origin's status, if it has a page."""
        found: dict[str, Any] | None = self.parsed["custom_error_responses"].get(status)
        return found

    def origins(self, behavior: dict[str, Any]) -> tuple[list[dict[str, Any]], frozenset[int]]:
        """The origins to ask, in order, and the statuses that send a request on to the next."""
        target = behavior["target_origin_id"]
        group = self.groups.get(target) or OriginGroup((target,), frozenset())
        known = self.parsed["origins"]
        return [known[name] for name in group.members if name in known], group.statuses

    def policy(self, behavior: dict[str, Any]) -> CachePolicy:
        """The behavior's current cache policy, which may change without its distributions."""
        record = _record(behavior["cache_policy_id"])
        kept = self._policies.get(id(behavior))
        if kept is None or kept[0] is not record:
            made = CachePolicy.from_config(record) if record else _legacy(behavior)
            kept = self._policies[id(behavior)] = (record, made)
        return kept[1]


def _record(policy_id: str | None) -> dict[str, Any] | None:
    if not policy_id:
        return None
    found = cloudfront._cache_policies.get(policy_id) or cloudfront._MANAGED_CACHE_POLICIES.get(policy_id)
    return found["Config"] if found else None


def _legacy(behavior: dict[str, Any]) -> CachePolicy:
    least, default, most = behavior["legacy_ttls"]
    ttl = Lifetimes(least, default, most)
    values = behavior["forwarded_values"]
    if values is None:
        # CloudFront takes no behavior without either.
        return CachePolicy(Lifetimes(0, 0, 0), _NO_CACHE_KEY, _NO_CACHE_KEY, _NO_CACHE_KEY)
    return CachePolicy.from_legacy(values, ttl, behavior["compress"])


def read_behavior(element: Any, behavior: dict[str, Any]) -> dict[str, Any]:
    """MiniStack's record of a cache behavior, completed."""
    methods = cloudfront._find(element, "AllowedMethods")
    cached = cloudfront._find(methods, "CachedMethods") if methods is not None else None
    least = _whole(element, "MinTTL", 0)
    default = _whole(element, "DefaultTTL", max(_LEGACY_DEFAULT_SECONDS, least))
    return behavior | {
        "compress": bool(cloudfront._xbool(element, "Compress", False)),
        "cached_methods": {"GET", "HEAD", *(each.text for each in items(cached))},
        "legacy_ttls": (least, default, _whole(element, "MaxTTL", max(_LEGACY_MOST_SECONDS, default))),
    }


_configurations: dict[str, tuple[str, Configuration]] = {}


def configuration(distribution: dict[str, Any]) -> Configuration:
    """The distribution's configuration as it is now."""
    xml, cached = distribution.get("config_xml", ""), _configurations.get(distribution["Id"])
    if cached is None or cached[0] is not xml:
        cached = _configurations[distribution["Id"]] = (xml, _read(distribution))
    return cached[1]


def forget(distribution_id: str | None) -> None:
    """Forget one distribution's configuration, or all."""
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
    )


def matched_path(raw_path: str) -> str:
    """A path as it is compared with path patterns: unescaped, without dot segments and repeated slashes.

    The origin and the viewer functions get it unchanged.
    https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/DownloadDistValuesCacheBehavior.html#DownloadDistValuesPathPattern
    """
    segments = raw_path.split("/")[1:]
    kept: list[str] = []
    for segment in map(unquote, segments):
        if segment == "..":
            del kept[-1:]
        elif segment not in ("", "."):
            kept.append(segment)
    is_folder = kept and unquote(segments[-1]) in ("", ".", "..")
    return "/" + "/".join(kept) + ("/" if is_folder else "")


def origin_group(element: Any) -> tuple[str, OriginGroup]:
    """One origin group, by its name."""
    criteria = cloudfront._find(element, "FailoverCriteria")
    codes = items(cloudfront._find(criteria, "StatusCodes") if criteria is not None else None)
    members = items(cloudfront._find(element, "Members"))
    return cloudfront._text(element, "Id"), OriginGroup(
        tuple(cloudfront._text(each, "OriginId") for each in members), frozenset(int(each.text) for each in codes)
    )


def items(block: Any) -> list[Any]:
    """The elements of a list; none if the list is missing."""
    found = cloudfront._find(block, "Items") if block is not None else None
    return [] if found is None else list(found)


def _whole(element: Any, name: str, default: Any) -> Any:
    text = cloudfront._text(element, name).strip()
    return int(text) if text else default
