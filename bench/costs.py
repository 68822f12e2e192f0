"""What the tables of costs share: prices by tiers, free amounts, and the table itself.

Prices are list prices of us-east-1 in US dollars, without taxes; of free tiers those that do not end.
"""

from collections.abc import Sequence
from dataclasses import dataclass

MILLION = 1_000_000
GB = 1_000_000_000
# (how much of it, the price of one), the last without end.
Tiers = Sequence[tuple[float, float]]
REST = float("inf")
# GB to viewers in North America and Europe, above 1 TB that is free: https://aws.amazon.com/cloudfront/pricing/
CLOUDFRONT_TRAFFIC: Tiers = (
    (10_000, 0.085),
    (40_000, 0.080),
    (100_000, 0.060),
    (350_000, 0.040),
    (524_000, 0.030),
    (4_000_000, 0.025),
    (REST, 0.020),
)


@dataclass(frozen=True)
class Line:
    """One line of a table, in dollars a month."""

    name: str
    dollars: float


def above(amount: float, free: float) -> float:
    """Return what is paid of an amount."""
    return max(0.0, amount - free)


def tiered(amount: float, tiers: Tiers) -> float:
    """Return the price of an amount, each part of it by its tier."""
    dollars = 0.0
    for size, price in tiers:
        part = min(amount, size)
        amount, dollars = amount - part, dollars + part * price
    return dollars


def cloudfront_traffic(sent_bytes: float) -> float:
    """Return the price of what CloudFront sends to viewers."""
    return tiered(above(sent_bytes / GB, 1000), CLOUDFRONT_TRAFFIC)


def lambda_(invocations: float, gb_seconds: float) -> float:
    """Return Lambda's price: https://aws.amazon.com/lambda/pricing/."""
    return above(invocations, MILLION) / MILLION * 0.20 + above(gb_seconds, 400_000) * 0.0000166667


def table(title: str, amounts: Sequence[int], columns: Sequence[Sequence[Line]]) -> str:
    """Return a table: a column for each amount of what is titled, and a last line with the sums."""
    rows = [[column[0].name, *(dollars(line.dollars) for line in column)] for column in zip(*columns, strict=True)]
    total = ["together", *(dollars(sum(line.dollars for line in column)) for column in columns)]
    head = [title, *(f"{amount:,}" for amount in amounts)]
    return "\n".join(row(cells) for cells in (head, ["---", *("---:" for _ in amounts)], *rows, total))


def row(cells: Sequence[str]) -> str:
    """Return a row of a Markdown table."""
    return f"| {' | '.join(cells)} |"


def dollars(amount: float) -> str:
    """Write an amount of dollars, small ones with cents."""
    return f"{amount:,.2f}" if amount < 10 else f"{amount:,.0f}"
