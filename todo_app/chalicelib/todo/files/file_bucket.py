"""Files in S3. Each identity has a folder, named by its id, and each to-do one in that: `<identity id>/todos/<id>/`."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from chalicelib.todo.accounts.ports import OutOfTime
from chalicelib.todo.errors import Unfinished

# A key may have any character, and a user chooses it. XML 1.0, in which DeleteObjects takes keys, has no control
# characters, and its line ends are all read as line feeds: https://www.w3.org/TR/xml/#charsets
NOT_IN_XML = re.compile("[^\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class FileBucket:
    """Files in one bucket, which keeps no old versions; `client` makes an S3 client."""

    def __init__(self, client: Callable[[], Any], bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def clear(self, folder: str, out_of_time: OutOfTime) -> int:
        """Delete the folder's files, up to 1,000 at a time, and return their number."""
        if not folder:
            raise ValueError("an empty folder would mean the files of all users")
        deleted = 0
        while keys := self._keys(f"{folder}/"):
            if out_of_time():
                raise Unfinished("There was not enough time to delete all files.")
            self._delete_together([key for key in keys if not NOT_IN_XML.search(key)])
            for key in filter(NOT_IN_XML.search, keys):
                if out_of_time():
                    raise Unfinished("There was not enough time to delete all files.")
                self._client().delete_object(Bucket=self._bucket, Key=key)
            deleted += len(keys)
        return deleted

    def _keys(self, prefix: str) -> list[str]:
        response = self._client().list_objects_v2(Bucket=self._bucket, Prefix=prefix)
        return [file["Key"] for file in response.get("Contents", [])]

    def _delete_together(self, keys: Sequence[str]) -> None:
        if not keys:
            return
        objects = {"Objects": [{"Key": key} for key in keys], "Quiet": True}
        response = self._client().delete_objects(Bucket=self._bucket, Delete=objects)
        if errors := response.get("Errors"):
            raise OSError(f"{len(errors)} files could not be deleted: {errors[0].get('Code')}")
