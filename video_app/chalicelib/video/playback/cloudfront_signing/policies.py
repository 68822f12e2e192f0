"""Policy statements: JSON without white space, in the order of keys that CloudFront documents.

A canned policy names one URL and its end, and is not part of the link: CloudFront makes the same text anew. A custom
policy is part of the link.
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-choosing-canned-custom-policy.html
"""

from ipaddress import AddressValueError, IPv4Network, NetmaskValueError
from typing import NewType

from .errors import InvalidAddress, InvalidTime
from .resources import check_resource, check_url
from .times import Moment, epoch_seconds

# The JSON text of a custom policy that was checked.
Policy = NewType("Policy", str)


def canned_policy(url: str, expires: int) -> str:
    """Return the canned policy of one URL; `expires` is in seconds since 1970.

    Raises
    ------
    InvalidUrl
        CloudFront would never accept the URL, or the URL has a wildcard.
    """
    check_url(url)
    # No character that JSON escapes is left in a URL that was checked.
    return f'{{"Statement":[{{"Resource":"{url}","Condition":{{"DateLessThan":{{"AWS:EpochTime":{expires}}}}}}}]}}'


def custom_policy(
    resource: str, expires: Moment, *, not_before: Moment | None = None, ip_address: str | None = None
) -> Policy:
    """Return a custom policy for one URL, or for all that a resource with the wildcards `*` and `?` names.

    Parameters
    ----------
    not_before
        The moment when access begins.
    ip_address
        The only IPv4 address, or the only IPv4 range in CIDR form (`192.0.2.0/24`), that has access.

    Raises
    ------
    InvalidResource
    InvalidTime
    InvalidAddress
    """
    check_resource(resource)
    end = epoch_seconds(expires)
    conditions = f'"DateLessThan":{{"AWS:EpochTime":{end}}}'
    if not_before is not None:
        begin = epoch_seconds(not_before)
        if begin >= end:
            raise InvalidTime("access would end before it begins")
        conditions += f',"DateGreaterThan":{{"AWS:EpochTime":{begin}}}'
    if ip_address is not None:
        conditions += f',"IpAddress":{{"AWS:SourceIp":"{_cidr(ip_address)}"}}'
    # No character that JSON escapes is left in a resource that was checked.
    return Policy(f'{{"Statement":[{{"Resource":"{resource}","Condition":{{{conditions}}}}}]}}')


def _cidr(address: str) -> str:
    if ":" in address:
        raise InvalidAddress("CloudFront's policies take IPv4 only, and this is an IPv6 address")
    try:
        return str(IPv4Network(address))
    except (AddressValueError, NetmaskValueError) as error:
        raise InvalidAddress("not an IPv4 address or IPv4 range in CIDR form") from error
    except ValueError as error:
        raise InvalidAddress("the range has bits beyond its prefix: write 192.0.2.0/24, not 192.0.2.1/24") from error
