"""The users' folders in S3: a folder for each identity, named by its id."""

from collections.abc import Callable
from typing import Any

from chalicelib.todo.accounts.ports import OutOfTime, Unfinished


class FileBucket:
    """Files in one bucket, which keeps no old versions; `client` makes an S3 client."""

    def __init__(self, client: Callable[[], Any], bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def clear(self, identity_id: str, out_of_time: OutOfTime) -> None:
        """Delete the folder's files, up to 1,000 at a time."""
        if not identity_id:
            raise ValueError("an empty identity id would mean the files of all users")
        client = self._client()
        while files := client.list_objects_v2(Bucket=self._bucket, Prefix=f"{identity_id}/").get("Contents"):
            if out_of_time():
                raise Unfinished
            objects = [{"Key": file["Key"]} for file in files]
            response = client.delete_objects(Bucket=self._bucket, Delete={"Objects": objects, "Quiet": True})
            if errors := response.get("Errors"):
                raise OSError(f"{len(errors)} files could not be deleted: {errors[0].get('Code')}")
