"""Events of S3.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus


def object_keys(event: Mapping[str, Any]) -> list[str]:
    """Return the keys of the objects that an event is about; S3's test event has none."""
    # S3 URL-encodes keys, a space as a plus sign.
    return [unquote_plus(record["s3"]["object"]["key"]) for record in event.get("Records", [])]
