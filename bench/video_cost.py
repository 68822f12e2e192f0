"""What video_app costs on AWS, on paper: measured units times list prices. `python -m bench.video_cost` prints it.

The prices of CloudFront's traffic, Lambda, API Gateway's tiers and DynamoDB's storage are from copies of AWS's own
pages. Those of requests to CloudFront and DynamoDB, of point-in-time recovery, S3, CloudWatch Logs and Secrets Manager
are from other people's pages or from memory of the price lists. Look them up before you rely on them:
https://aws.amazon.com/cloudfront/pricing/, https://aws.amazon.com/lambda/pricing/,
https://aws.amazon.com/api-gateway/pricing/, https://aws.amazon.com/dynamodb/pricing/on-demand/,
https://aws.amazon.com/s3/pricing/, https://aws.amazon.com/cloudwatch/pricing/,
https://aws.amazon.com/secrets-manager/pricing/.
"""

from dataclasses import dataclass, replace

from bench import costs
from bench.costs import GB, MILLION, REST, Line, Tiers, above, cloudfront_traffic, tiered

PLAYS = (1_000, 1_000_000, 100_000_000)
_MEMORY_GB = 0.5
# Calls of a REST API.
_API_CALLS: Tiers = ((333 * MILLION, 3.50 / MILLION), (667 * MILLION, 2.80 / MILLION), (REST, 2.38 / MILLION))
# GB from S3 to the internet, above 100 GB that are free.
_S3_TRAFFIC: Tiers = ((10_000, 0.09), (40_000, 0.085), (100_000, 0.07), (REST, 0.05))


@dataclass(frozen=True)
class Units:
    """What one play needs, which is half an hour of a film at 720p. Bytes and requests are measured or counted."""

    # The first link, and a new one each four minutes; and the list of videos, and one video.
    links: int = 8
    other_calls: int = 2
    # 300 segments of 6 seconds, two playlists, and the poster. What the encoder's rung sends, and 5% for MPEG-2 TS.
    content_requests: int = 303
    content_bytes: float = 1800 * (2_800_000 + 128_000) / 8 * 1.05
    # 2 ms of CPU are 7 ms of what 512 MB have, and two requests to DynamoDB.
    gb_seconds_a_call: float = _MEMORY_GB * 0.020
    # `record_plays`, as if it were called for each link; it takes up to a hundred at a time.
    gb_seconds_a_record: float = _MEMORY_GB * 0.010
    # 200 ms of CPU in one of a hundred calls.
    gb_seconds_a_cold_start: float = _MEMORY_GB * 0.7
    cold_starts_a_call: float = 0.01
    # Two entitlements consistently, the video and the account's item; that item and the record are written.
    read_units_a_link: float = 3
    write_units_a_link: float = 2
    # The item of 222 bytes and DynamoDB's own 100, for 400 days.
    record_bytes: float = 322
    record_months: float = 400 / 30
    # A response with its cookies, and a request with its token.
    bytes_a_call: float = 2000
    bytes_of_a_request: float = 2500
    logged_bytes_a_call: float = 1200
    # Each instance reads a secret when it starts, and then every five minutes.
    secret_reads_a_call: float = 0.02
    secrets: int = 4
    # A hundred films of 90 minutes: all rungs and the video in one file. The edge answers nine of ten from its cache.
    stored_bytes: float = 100 * 5400 * 14_000_000 / 8
    bucket_share: float = 0.1


# One call signs a playlist with 302 URLs for the whole film: 75 ms of CPU are 260 ms of what 512 MB have, and 100 ms in
# the mean of three calls. What the API sends goes to the internet as S3's traffic does.
PRESIGNED = replace(
    Units(),
    links=1,
    gb_seconds_a_call=_MEMORY_GB * 0.100,
    bytes_a_call=60_000,
    bytes_of_a_request=0,
    bucket_share=1,
    secrets=2,
)


def lines(plays: int, units: Units | None = None) -> list[Line]:
    """Every cost of a month."""
    units = units or Units()
    sent = plays * (units.content_bytes + _calls(units) * units.bytes_a_call)
    requests = plays * (units.content_requests + _calls(units))
    return [
        Line("CloudFront: traffic", cloudfront_traffic(sent)),
        Line("CloudFront: requests", above(requests, 10 * MILLION) / 10_000 * 0.01),
        Line("S3", _s3(plays, units)),
        *_link_lines(plays, units),
    ]


def presigned_lines(plays: int) -> list[Line]:
    """Every cost of a month, if S3 sent the content by presigned URLs."""
    units = PRESIGNED
    sent = plays * (units.content_bytes + _calls(units) * units.bytes_a_call)
    return [Line("S3: traffic", _s3_traffic(sent)), Line("S3", _s3(plays, units)), *_link_lines(plays, units)]


def _calls(units: Units) -> int:
    return units.links + units.other_calls


def _link_lines(plays: int, units: Units) -> list[Line]:
    calls, links = plays * _calls(units), plays * units.links
    requests = links * (units.read_units_a_link * 0.125 + units.write_units_a_link * 0.625) / MILLION
    # With point-in-time recovery.
    records = above(links * units.record_bytes * units.record_months / GB, 25) * (0.25 + 0.20)
    return [
        Line("to the API: bytes", calls * units.bytes_of_a_request / GB * 0.02),
        Line("API Gateway", tiered(calls, _API_CALLS)),
        Line("Lambda", _lambda(calls, links, units)),
        Line("DynamoDB: requests", requests),
        Line("DynamoDB: records of links", records),
        Line("CloudWatch Logs", above(calls * units.logged_bytes_a_call / GB, 5) * 0.50),
        Line("Secrets Manager", units.secrets * 0.40 + calls * units.secret_reads_a_call / 10_000 * 0.05),
    ]


def _lambda(calls: int, links: int, units: Units) -> float:
    cold_starts = (calls + links) * units.cold_starts_a_call
    gb_seconds = calls * units.gb_seconds_a_call + links * units.gb_seconds_a_record
    return costs.lambda_(calls + links, gb_seconds + cold_starts * units.gb_seconds_a_cold_start)


def _s3_traffic(sent_bytes: float) -> float:
    return tiered(above(sent_bytes / GB, 100), _S3_TRAFFIC)


def _s3(plays: int, units: Units) -> float:
    gets = plays * units.content_requests * units.bucket_share
    return gets / 1000 * 0.0004 + units.stored_bytes / GB * 0.023


def tables() -> list[str]:
    """The tables of docs/video.md."""
    return [
        costs.table("plays a month", PLAYS, [lines(plays) for plays in PLAYS]),
        costs.table("plays a month, presigned URLs of S3", PLAYS, [presigned_lines(plays) for plays in PLAYS]),
    ]


if __name__ == "__main__":
    print("\n\n".join(tables()))
