"""botocore's descriptions of AWS services, found and read in a third of the time that botocore takes itself.

To make a client botocore walks through the folders of all services, to see that there is such a one, and reads its
descriptions with the standard library's JSON. A session may be given a loader of its own (the component `data_loader`),
and a loader what reads its files (`file_loader`); that was 30 of 180 ms of a cold start.
"""

import gzip
from pathlib import Path
from typing import Any

import msgspec
from botocore.loaders import JSONFileLoader, Loader


class _FastJsonFiles(JSONFileLoader):
    """Reads the same files with msgspec."""

    def load_file(self, file_path: str) -> Any:
        """Return a file's data, or None if there is no such file; `file_path` comes without its extension."""
        plain, packed = Path(f"{file_path}.json"), Path(f"{file_path}.json.gz")
        if plain.is_file():
            return msgspec.json.decode(plain.read_bytes())
        return msgspec.json.decode(gzip.decompress(packed.read_bytes())) if packed.is_file() else None


class OneService(Loader):
    """Loads the models of a service that is known to exist."""

    def __init__(self, service: str) -> None:
        super().__init__(file_loader=_FastJsonFiles())
        self._service = service

    def list_available_services(self, type_name: str) -> list[str]:
        """Name the one service; whether it has models of this type, the loader finds out when it looks for them."""
        return [self._service]
