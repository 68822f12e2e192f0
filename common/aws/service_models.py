"""botocore's models of AWS services, found and read in a third of the time that botocore's own loader takes.

To make a client, botocore lists the folders of all services and reads the models with the standard library's JSON
parser, which took 30 of 180 ms of a cold start. A session takes another loader as its component `data_loader`, and a
loader takes another reader of files as `file_loader`.
"""

import gzip
from pathlib import Path
from typing import Any

import msgspec
from botocore.loaders import JSONFileLoader, Loader


class _FastJsonFiles(JSONFileLoader):
    """Reads the files with msgspec."""

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
        """Name the one service; the loader itself finds out whether the service has models of this type."""
        return [self._service]
