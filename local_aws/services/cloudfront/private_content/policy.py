"""Reads policy statements, canned and custom, and applies their conditions.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-creating-signed-url-canned-policy.html
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-creating-signed-url-custom-policy.html
"""

import ipaddress
import json
import re
from dataclasses import dataclass
from typing import Any

from local_aws.services.cloudfront.private_content.refusals import Reason, Refused
from local_aws.services.cloudfront.private_content.resource import Url, includes

# The latest time that both kinds of policies may name, in Unix time: a 32-bit integer.
_LATEST = 2_147_483_647
_DIGITS = re.compile(r"[0-9]{1,10}")
_CIDR = re.compile(r"[0-9.]+/[0-9]{1,2}")


@dataclass(frozen=True)
class Policy:
    """A policy statement. Times are in Unix time; a policy without a resource allows every URL."""

    ends_at: int
    resource: str | None = None
    begins_after: int | None = None
    network: ipaddress.IPv4Network | None = None

    def allows(self, url: Url, viewer_ip: str, now: float) -> bool:
        """Whether the policy allows a viewer to request a URL now."""
        if now >= self.ends_at or (self.begins_after is not None and now <= self.begins_after):
            return False
        if self.network is not None and not _contains(self.network, viewer_ip):
            return False
        return self.resource is None or includes(self.resource, url)


def canned_statement(url: Url, expires: str) -> tuple[bytes, Policy]:
    """Build the canned policy of a URL; returns the signed text and the policy.

    Raises
    ------
    Refused
        `expires` is not a whole number, or too late.
    """
    if not _DIGITS.fullmatch(expires):
        raise Refused(Reason.MALFORMED_POLICY)
    statement = f'{{"Resource":"{url}","Condition":{{"DateLessThan":{{"AWS:EpochTime":{expires}}}}}}}'
    return f'{{"Statement":[{statement}]}}'.encode(), Policy(_time(int(expires)))


def custom_policy(document: bytes) -> Policy:
    """Read a custom policy. A name that is not documented, such as a misspelled condition, makes it malformed.

    Raises
    ------
    Refused
        The document is not a policy with one statement and an end.
    """
    try:
        return _policy(**_members(json.loads(document), {"Statement": "statement"}))
    except (ValueError, TypeError, RecursionError) as error:
        raise Refused(Reason.MALFORMED_POLICY) from error


def _policy(statement: Any) -> Policy:
    if isinstance(statement, list):
        (statement,) = statement
    return _statement(**_members(statement, {"Resource": "resource", "Condition": "condition"}))


def _statement(condition: Any, resource: Any = None) -> Policy:
    if resource is not None and not isinstance(resource, str):
        raise TypeError("Resource")
    names = {"DateLessThan": "less", "DateGreaterThan": "greater", "IpAddress": "address"}
    return _conditions(resource, **_members(condition, names))


def _conditions(resource: str | None, less: Any, greater: Any = None, address: Any = None) -> Policy:
    begins_after = None if greater is None else _time(_only(greater, "AWS:EpochTime"))
    network = None if address is None else _network(_only(address, "AWS:SourceIp"))
    return Policy(_time(_only(less, "AWS:EpochTime")), resource, begins_after, network)


def _members(value: Any, names: dict[str, str]) -> dict[str, Any]:
    """The members of a JSON object as arguments; raises for any other value, and for an unknown member."""
    if not isinstance(value, dict) or not value.keys() <= names.keys():
        raise TypeError("members")
    return {names[name]: member for name, member in value.items()}


def _only(value: Any, name: str) -> Any:
    return _members(value, {name: name})[name] if value else None


def _time(value: Any) -> int:
    # A boolean is an `int` in Python.
    if type(value) is not int or not 0 <= value <= _LATEST:
        raise Refused(Reason.MALFORMED_POLICY)
    return value


def _network(value: Any) -> ipaddress.IPv4Network:
    if not isinstance(value, str) or not _CIDR.fullmatch(value):
        raise Refused(Reason.MALFORMED_POLICY)
    return ipaddress.IPv4Network(value, strict=False)


def _contains(network: ipaddress.IPv4Network, viewer_ip: str) -> bool:
    """Whether a network contains a viewer. IPv6 is not supported in policies, so it contains no viewer with IPv6."""
    address = ipaddress.ip_address(viewer_ip)
    mapped = getattr(address, "ipv4_mapped", None) or address
    return isinstance(mapped, ipaddress.IPv4Address) and mapped in network
