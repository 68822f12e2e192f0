"""From which read rate a DAX cluster pays for itself, on paper. `python -m bench.dax_cost` prints the table.

Prices of us-east-1 that were looked up on pages other than AWS's own, or are from memory. Look them up before you rely
on them: https://aws.amazon.com/dynamodb/pricing/on-demand/, https://aws.amazon.com/privatelink/pricing/.
"""

from bench import costs
from bench.costs import MILLION

_HOURS = 730
_SECONDS = _HOURS * 3600
# dax.t3.small, and an interface endpoint in one zone.
_NODE_HOUR, _ENDPOINT_HOUR = 0.04, 0.01
# Secrets Manager, SQS and Cognito's identity pools, in two zones each.
_ENDPOINTS = 3 * 2
_READ_UNIT = 0.125 / MILLION
# Eventually consistent, up to 4 KB; what GET /changes reads when nothing has changed.
_UNITS_OF_A_READ = 0.5
NODES = (1, 3)
HIT_SHARES = (0.5, 0.64, 0.9, 0.99)


def dollars_a_month(nodes: int) -> float:
    """The cluster and the endpoints of its network, when nobody calls."""
    return (nodes * _NODE_HOUR + _ENDPOINTS * _ENDPOINT_HOUR) * _HOURS


def reads_a_second(nodes: int, hit_share: float) -> float:
    """The rate, day and night, at which the reads that DAX answers would have cost as much at DynamoDB."""
    return dollars_a_month(nodes) / (_UNITS_OF_A_READ * hit_share * _READ_UNIT) / _SECONDS


def table() -> str:
    """The table of docs/todo.md."""
    head = ["nodes", "dollars a month", *(f"reads a second at {share:.0%} hits" for share in HIT_SHARES)]
    rows = [
        [
            str(nodes),
            costs.dollars(dollars_a_month(nodes)),
            *(f"{reads_a_second(nodes, share):,.0f}" for share in HIT_SHARES),
        ]
        for nodes in NODES
    ]
    return "\n".join(costs.row(cells) for cells in (head, ["---:"] * len(head), *rows))


if __name__ == "__main__":
    print(table())
