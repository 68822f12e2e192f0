"""Records as DynamoDB Streams delivers them: real items, and one that cannot be read."""

from typing import Any

from boto3.dynamodb.types import TypeSerializer

from tests.unit.aws import aws_client


def records(table: str, number: int = 0) -> list[dict[str, Any]]:
    """Every item of a table as a stream record of a new item."""
    items = aws_client("dynamodb").scan(TableName=table)["Items"]
    return [
        record({name: item[name] for name in ("pk", "sk")}, item, None, str(number + index))
        for index, item in enumerate(items)
    ]


def record(keys: Any, new: Any, old: Any, number: str) -> dict[str, Any]:
    images = {name: image for name, image in (("NewImage", new), ("OldImage", old)) if image}
    return {"eventName": "MODIFY", "dynamodb": {"Keys": keys, "SequenceNumber": number, **images}}


def poison(number: str = "poison") -> dict[str, Any]:
    write = TypeSerializer().serialize
    keys = {"pk": write("post#1"), "sk": write("post")}
    bad = {"pk": write("subscriber#1"), "sk": write("subscriber")}
    return record(keys if number == "poison" else bad, {**keys, "data": write("not a post")}, None, number)


class Letters(list[tuple[str, str]]):
    """The dead letters: sequence numbers and reasons."""

    broken = False

    def put(self, record: Any, reason: str) -> None:
        if self.broken:
            raise TimeoutError("no answer")
        self.append((record["dynamodb"]["SequenceNumber"], reason))
