"""The search index in the site bucket, which publishing writes and searching reads."""

from collections.abc import Callable
from typing import Any

from chalicelib.blog.pages.site import SEARCH_INDEX, object_key


class SearchIndexStore:
    """The index in one bucket. It is kept in memory, and read again only if it has changed."""

    def __init__(self, client: Callable[[], Any], bucket: str) -> None:
        self._client = client
        self._bucket = bucket
        self._etag = ""
        self._content = b""

    def read(self) -> bytes:
        """Return the index as it is now; empty if nothing was published yet."""
        client = self._client()
        condition = {"IfNoneMatch": self._etag} if self._etag else {}
        try:
            response = client.get_object(Bucket=self._bucket, Key=object_key(SEARCH_INDEX), **condition)
        except client.exceptions.ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            if status == 304:
                return self._content
            # Without the right to list, an absent object is answered as forbidden:
            # https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
            if status in (403, 404):
                return b""
            raise
        self._content, self._etag = response["Body"].read(), response["ETag"]
        return self._content
