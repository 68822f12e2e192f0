"""What todo_app's reads cost on AWS, on paper: measured units times list prices. `python -m bench.todo_cost` prints it.

The prices of Lambda, API Gateway's tiers and CloudFront's traffic are those of the other apps' tables. Those of API
Gateway's cache and of DynamoDB's requests are from memory of the price lists. Look them up before you rely on them:
https://aws.amazon.com/api-gateway/pricing/, https://aws.amazon.com/dynamodb/pricing/on-demand/,
https://aws.amazon.com/lambda/pricing/, https://aws.amazon.com/cloudfront/pricing/.
"""

from dataclasses import dataclass

from bench import costs
from bench.costs import MILLION, REST, Tiers, cloudfront_traffic, tiered

USERS = (1_000, 1_000_000, 100_000_000)
_DAYS = 30
_HOURS = 730
# A list of 100 to-dos on a device whose app is open for 20 minutes a day and asks every 5 seconds.
READS_A_DAY = 240
# Of these, so many find a change, of the user's other devices.
_CHANGED = 5
_API_CALLS: Tiers = ((333 * MILLION, 3.50 / MILLION), (667 * MILLION, 2.80 / MILLION), (REST, 2.38 / MILLION))
# Dollars an hour by GB.
_CACHE: Tiers = (
    (0.5, 0.02),
    (1.6, 0.038),
    (6.1, 0.20),
    (13.5, 0.25),
    (28.4, 0.50),
    (58.2, 1.00),
    (118, 1.90),
    (237, 3.80),
)
_TTL_SECONDS, _PAUSE_SECONDS = 15, 5
# Devices whose app is open in the busiest hour: twice the mean. An entry has the token in its key.
_OPEN_SHARE = 2 * 20 / 1440
_ENTRY_BYTES = 2000


@dataclass(frozen=True)
class Layer:
    """How a device reads: of its reads, how many reach the function, their read units, and the bytes of a response."""

    name: str
    function_share: float
    units_unchanged: float
    units_changed: float
    bytes_unchanged: float
    bytes_changed: float
    is_cached: bool = False


# The units are those of docs/todo.md. The bytes are measured by `todo-reads` and scaled from 1,000 to-dos to 100, with
# 700 bytes of headers; compression, which makes a list about a tenth, is left out.
_HEADERS = 700
LAYERS = (
    Layer("the whole list each time", 1, 7, 7, 27_200 + _HEADERS, 27_200 + _HEADERS),
    Layer("with its ETag", 1, 1, 7, _HEADERS, 27_200 + _HEADERS),
    Layer("what has changed", 1, 0.5, 2, 55 + _HEADERS, 370 + _HEADERS),
    Layer(
        "what has changed, cached", _PAUSE_SECONDS / _TTL_SECONDS, 0.5, 2, 55 + _HEADERS, 370 + _HEADERS, is_cached=True
    ),
)


def parts(users: int, layer: Layer) -> dict[str, float]:
    """Every cost of a month, in dollars."""
    reads = users * READS_A_DAY * _DAYS
    changed = users * _CHANGED * _DAYS
    unchanged = reads * layer.function_share - changed
    units = unchanged * layer.units_unchanged + changed * layer.units_changed
    sent = (reads - changed) * layer.bytes_unchanged + changed * layer.bytes_changed
    calls = reads * layer.function_share
    return {
        "API Gateway": tiered(reads, _API_CALLS),
        "its cache": cache(users) if layer.is_cached else 0.0,
        # 512 MB for 10 ms: 2 ms of CPU, and one or two requests to DynamoDB.
        "Lambda": costs.lambda_(calls, calls * 0.5 * 0.010),
        "DynamoDB": units * 0.125 / MILLION,
        "CloudFront": cloudfront_traffic(sent),
    }


def cache(users: int) -> float:
    """Return the price of the smallest caches that have an entry for each device that is open: one or several APIs."""
    gigabytes = users * _OPEN_SHARE * _ENTRY_BYTES / costs.GB
    largest, dollars = _CACHE[-1]
    many, rest = divmod(gigabytes, largest)
    return (many * dollars + next(price for size, price in _CACHE if rest <= size)) * _HOURS


def table() -> str:
    """The table of docs/todo.md: all of it by layer, and its parts for the most users."""
    head = ["reads of users", *(f"{users:,}" for users in USERS)]
    rows = [[layer.name, *(costs.dollars(sum(parts(users, layer).values())) for users in USERS)] for layer in LAYERS]
    return "\n".join(costs.row(cells) for cells in (head, ["---", *("---:" for _ in USERS)], *rows))


def parts_table() -> str:
    """The table of docs/todo.md: the parts for a million users."""
    columns = [parts(1_000_000, layer) for layer in LAYERS]
    head = ["for 1,000,000 users", *(layer.name for layer in LAYERS)]
    rows = [[name, *(costs.dollars(column[name]) for column in columns)] for name in columns[0]]
    return "\n".join(costs.row(cells) for cells in (head, ["---", *("---:" for _ in LAYERS)], *rows))


if __name__ == "__main__":
    print(f"{table()}\n\n{parts_table()}")
