"""The port through which COPY and UNLOAD reach S3."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from local_aws.sql.redshift.errors import SqlError

_URL = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(.*)", re.DOTALL)


@dataclass(frozen=True)
class S3Location:
    """A bucket and a key or prefix."""

    bucket: str
    key: str


class Objects(Protocol):
    """S3 with the permissions of one IAM role. Each method raises SqlError if S3 refuses the call."""

    def keys(self, bucket: str, prefix: str) -> Sequence[str]:
        """The keys that begin with `prefix`, in their order."""

    def fetch(self, bucket: str, key: str, path: Path) -> None:
        """Make an object the file `path`."""

    def write(self, bucket: str, key: str, path: Path) -> None:
        """Write a file as an object."""


class Roles(Protocol):
    """The IAM roles of a namespace."""

    def assume(self, role_arn: str) -> Objects:
        """S3 as this role; `default` is the namespace's default role.

        Raises
        ------
        SqlError
            The role is not attached to the namespace, or does not trust Redshift.
        """


def parse_url(url: str) -> S3Location:
    """Parse `s3://bucket/key`; raises SqlError for anything else."""
    match = _URL.fullmatch(url)
    if match is None:
        raise SqlError(f"The S3 URL '{url}' is invalid")
    return S3Location(match[1], match[2])
