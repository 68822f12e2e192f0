"""When and where a sample event happens."""

import secrets
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime

# The account of AWS's own examples.
ACCOUNT = "123456789012"
REGION = "us-east-1"


@dataclass(frozen=True)
class Occasion:
    """The time of an event. Each event has ids of its own."""

    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def milliseconds(self) -> int:
        """Milliseconds since 1970."""
        return int(self.at.timestamp() * 1000)

    @property
    def seconds(self) -> float:
        """Seconds since 1970, to the millisecond."""
        return self.milliseconds / 1000

    @property
    def timestamp(self) -> str:
        """ISO 8601 in UTC, to the millisecond."""
        return self.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def new_id(self) -> str:
        """Make a UUID."""
        return str(uuid.uuid4())

    def new_number(self) -> str:
        """Make a sequence number of a stream or queue: later events have higher ones."""
        return f"{self.milliseconds}{secrets.randbelow(10**8):08d}"


def arn(service: str, resource: str) -> str:
    """The ARN of a resource in the account of the examples."""
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


def region_of(source: str) -> str:
    """The region in an ARN."""
    parts = source.split(":")
    return parts[3] if len(parts) > 3 and parts[3] else REGION
