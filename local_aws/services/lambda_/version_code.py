"""Keeps the packages of old versions in files, not in memory.

Each deployment that changes an app's code publishes a version, and the deploy tool keeps several. MiniStack keeps the
packages of all of them in memory, and each save writes those that are new to content-addressed files. Here a version
whose package $LATEST does not have any more refers to that file after the save, as it does in the saved state. Its
package is read when it is unpacked for an execution environment.
"""

import base64
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ministack.services import lambda_svc

from local_aws.hooks import prepares
from local_aws.services.lambda_.package import Package
from local_aws.settings import Settings
from local_aws.state import persistence

Record = dict[str, Any]


def package_of(record: Record, config: Record) -> Package | None:
    """The package of a function's or a version's record; None if its code is lost."""
    code = record.get("code_zip")
    if not code:
        return None
    if isinstance(code, dict):
        digest = str(code[lambda_svc._BLOB_REF_KEY])
        return Package(digest, lambda: lambda_svc._read_code_blob(digest))
    digest = _digest(config)
    return Package(digest, lambda: code) if digest else Package.of(code)


def _digest(config: Record) -> str:
    return base64.b64decode(config.get("CodeSha256") or "").hex()


class VersionCode:
    """Lets old versions refer to the files that a save has written. A save has no parts for it."""

    def __init__(self) -> None:
        self._saving: list[tuple[Record, bytes]] = []

    def before_fork(self) -> None:
        """Note the packages that the save writes."""
        self._saving = list(_old_packages(list(lambda_svc._functions._data.values())))

    def after_save(self, is_good: bool) -> None:
        """Forget those packages, if the save has written them."""
        for record, code in self._saving if is_good else ():
            digest = _digest(record["config"])
            if record.get("code_zip") is code and Path(lambda_svc.CODE_BLOB_DIR, f"{digest}.zip").exists():
                record["code_zip"] = {lambda_svc._BLOB_REF_KEY: digest}
        self._saving = []

    def split(self, state: Record) -> Iterator[tuple[str, bytes | None]]:
        """Take no parts out of the state."""
        return iter(())

    def join(self, state: Record, parts: Iterable[bytes]) -> None:
        """Put no parts into the state."""


def _old_packages(functions: Iterable[Record]) -> Iterator[tuple[Record, bytes]]:
    """The versions whose package is in memory and is not their function's current one."""
    for function in functions:
        for record in function["versions"].values():
            code = record.get("code_zip")
            if isinstance(code, bytes) and code is not function.get("code_zip"):
                yield record, code


@prepares
def _prepare(_settings: Settings) -> None:
    persistence.save_in_parts("lambda", VersionCode())
