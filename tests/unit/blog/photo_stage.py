"""Photos in blog_app's stage: announces one, uploads its file, and lists the buckets."""

from typing import Any

from tests.unit.aws import aws_client
from tests.unit.blog.stage import Stage


def announce(blog: Stage, **fields: Any) -> Any:
    response = blog.write("POST", "/author/photos", {"fileName": "a.jpg", "contentType": "image/jpeg", **fields})
    assert response.status == 201, response.body
    return response.json


def upload(photo_id: str, content: bytes) -> None:
    aws_client("s3").put_object(Bucket="uploads", Key=f"uploads/{photo_id}", Body=content)


def objects(bucket: str) -> list[str]:
    return [item["Key"] for item in aws_client("s3").list_objects_v2(Bucket=bucket).get("Contents", [])]
