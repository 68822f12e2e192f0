"""The environment of every AWS call for stage `local`: only the embedded AWS, whatever the user has configured."""

import ipaddress
import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from deploy.errors import DeployError

LOCAL_REGION = "us-east-1"
_LOOPBACK_NAMES = ("127.0.0.1", "localhost", "::1")


def local_environment(endpoint_url: str, ca_file: str = "") -> dict[str, str]:
    """The AWS_* variables that reach the embedded AWS, without the user's files and the metadata service.

    `ca_file` has the authority of its TLS certificates.

    Raises
    ------
    DeployError
        `endpoint_url` is not on this machine.
    """
    require_loopback(endpoint_url)
    return {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": LOCAL_REGION,
        "AWS_DEFAULT_REGION": LOCAL_REGION,
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        **({"AWS_CA_BUNDLE": ca_file} if ca_file else {}),
    }


def require_loopback(endpoint_url: str) -> None:
    """Require an endpoint on this machine.

    Raises
    ------
    DeployError
        `endpoint_url` is not on this machine.
    """
    host = urlsplit(endpoint_url).hostname or ""
    if host != "localhost" and not _is_loopback_address(host):
        raise DeployError(f"stage local refuses the endpoint {endpoint_url}: it is not on this machine")


def _is_loopback_address(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def scrubbed(environment: Mapping[str, str], aws: Mapping[str, str]) -> dict[str, str]:
    """`environment` with `aws` in place of every AWS_* and BOTO* variable, and no proxy for loopback addresses."""
    other = {name: value for name, value in environment.items() if not name.startswith(("AWS_", "BOTO"))}
    without_proxy = [host for name in ("NO_PROXY", "no_proxy") for host in other.get(name, "").split(",") if host]
    no_proxy = ",".join(dict.fromkeys([*without_proxy, *_LOOPBACK_NAMES]))
    return {**other, **aws, "NO_PROXY": no_proxy, "no_proxy": no_proxy}


def isolate(endpoint_url: str, ca_file: str = "") -> None:
    """Let this process reach the embedded AWS only. To be called before the first AWS client is made."""
    clean = scrubbed(os.environ, local_environment(endpoint_url, ca_file))
    for name in set(os.environ) - set(clean):
        del os.environ[name]
    os.environ.update(clean)
