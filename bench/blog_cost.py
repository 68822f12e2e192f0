"""What the blog costs on AWS, on paper: measured units times list prices. `python -m bench.blog_cost` prints the table.

Prices are those of us-east-1 in US dollars, without taxes; of free tiers those that do not end. CloudFront's are from a
copy of its page, the others were written down from memory of the price lists. Look them up before you rely on them:
https://aws.amazon.com/cloudfront/pricing/, https://aws.amazon.com/lambda/pricing/,
https://aws.amazon.com/api-gateway/pricing/, https://aws.amazon.com/dynamodb/pricing/on-demand/,
https://aws.amazon.com/s3/pricing/, https://aws.amazon.com/ses/pricing/, https://aws.amazon.com/secrets-manager/pricing/.
"""

from dataclasses import dataclass

from bench import costs
from bench.costs import GB, MILLION, Line, above, cloudfront_traffic

READS = (1_000, 1_000_000, 1_000_000_000)


@dataclass(frozen=True)
class Units:
    """What one thing that happens needs. Bytes and numbers are measured, times are generous for real services."""

    # A read is a page of the demo, two thirds of a picture 750 pixels wide, and the style sheet half the time.
    requests_a_read: float = 2.2
    bytes_a_read: float = 23_500
    pages_a_read: float = 1.5
    # `python -m bench --only blog-reading`, with an edge that began empty.
    function_share: float = 0.0023
    gb_seconds_a_call: float = 0.5 * 0.050
    read_units_a_call: float = 3
    logged_bytes_a_call: float = 1200
    # A post of 5 kB that is published: a transaction of 16 write units, and what `publish` notes.
    write_units_a_post: float = 20
    paths_a_post: float = 16
    gb_seconds_a_post: float = 1.0 * 0.5
    puts_a_post: float = 12
    # A photo of 12 megapixels.
    gb_seconds_a_photo: float = 1.77 * 0.6 + 0.5 * 0.2
    puts_a_photo: float = 14
    # Announced (two small items) and ready (4 kB), each a transaction that asks for home.
    write_units_a_photo: float = 16
    bytes_a_photo: float = 4_500_000
    # Two counters, an address's counter, the subscriber, the mark in a transaction that asks for home, and once more.
    write_units_a_subscriber: float = 9
    gb_seconds_a_subscriber: float = 2 * 0.5 * 0.1
    # A mail about a post: its claim in a transaction that asks for home, its outcome, a 25th of the progress.
    write_units_a_mail: float = 5.04
    # The subscriber, and the post's entry in the list.
    read_units_a_mail: float = 2
    # Four functions of 0.5 GB send 10 mails a second, and wait in between.
    gb_seconds_a_mail: float = 4 * 0.5 / 10


@dataclass(frozen=True)
class Month:
    """What happens in a month."""

    reads: int
    posts: int = 30
    photos: int = 60
    regions: int = 2

    @property
    def subscribers(self) -> float:
        """One reader in a thousand."""
        return self.reads / 1000

    @property
    def mails(self) -> float:
        """Mails about posts: each post to each subscriber."""
        return self.posts * self.subscribers


def lines(month: Month, units: Units | None = None) -> list[Line]:
    """Every cost of a month."""
    units = units or Units()
    calls = month.reads * units.function_share + month.subscribers + month.posts * 10
    return [
        Line("CloudFront: traffic", cloudfront_traffic(month.reads * units.bytes_a_read)),
        Line("CloudFront: requests", above(month.reads * units.requests_a_read, 10 * MILLION) / 10_000 * 0.01),
        Line("CloudFront: function", above(month.reads * units.pages_a_read, 2 * MILLION) / MILLION * 0.10),
        Line("CloudFront: invalidations", above(month.posts * units.paths_a_post * month.regions, 1000) * 0.005),
        Line("API Gateway", calls / MILLION * 3.50),
        Line("Lambda", _lambda(month, units, calls)),
        Line("DynamoDB", _dynamodb(month, units, calls)),
        Line("S3", _s3(month, units)),
        Line("CloudWatch Logs", above(calls * units.logged_bytes_a_call / GB, 5) * 0.50),
        Line("SES", (month.subscribers + month.mails) / 1000 * 0.10),
        Line("Secrets Manager", 0.40 * month.regions),
    ]


def _lambda(month: Month, units: Units, calls: float) -> float:
    clock = 30 * 24 * 60
    chain = month.posts + month.photos * 2 + month.subscribers + clock
    invocations = calls + chain * month.regions
    gb_seconds = calls * units.gb_seconds_a_call + month.regions * (
        month.posts * units.gb_seconds_a_post
        + month.photos * units.gb_seconds_a_photo
        + month.subscribers * units.gb_seconds_a_subscriber
        + clock * 0.5 * 0.02
    )
    return costs.lambda_(invocations, gb_seconds + month.mails * units.gb_seconds_a_mail)


def _dynamodb(month: Month, units: Units, calls: float) -> float:
    writes = month.regions * (
        month.posts * units.write_units_a_post
        + month.photos * units.write_units_a_photo
        + month.subscribers * units.write_units_a_subscriber
        + month.mails * units.write_units_a_mail
    )
    # Each publishing reads all posts, here those of ten years.
    reads = calls * units.read_units_a_call + month.regions * month.posts * (month.posts * 120 * 2)
    reads += month.mails * units.read_units_a_mail
    return writes / MILLION * 0.625 + reads / MILLION * 0.125


def _s3(month: Month, units: Units) -> float:
    puts = month.regions * (month.posts * units.puts_a_post + month.photos * units.puts_a_photo)
    # What the edge fetches is what was changed, from many edges: a hundredth of all reads at most.
    gets = min(month.reads, month.reads * 0.01 + 10_000)
    stored = month.photos * 120 * units.bytes_a_photo * month.regions / GB
    return puts / 1000 * 0.005 + gets / 1000 * 0.0004 + stored * 0.023


def table() -> str:
    """The table of docs/blog.md."""
    return costs.table("reads a month", READS, [lines(Month(reads)) for reads in READS])


if __name__ == "__main__":
    print(table())
