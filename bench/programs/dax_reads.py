"""Reads of a table's version items by the functions' own client, with DAX or without it.

Arguments: how the owner of each read is chosen, `each` or `zipf`; the first owner and the one after the last; the
number of reads. Prints the CPU until the first answer, and the seconds of each read after it.
"""

import importlib
import itertools
import json
import os
import random
import sys
import time

sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])

chosen, owners, reads = sys.argv[1], range(int(sys.argv[2]), int(sys.argv[3])), int(sys.argv[4])
importlib.import_module("app")
made = importlib.import_module("common.aws.dynamodb").raw_dynamodb
client = made(os.environ["AWS_REGION"], os.environ.get("DAX_ENDPOINT", ""))


def read(number: int) -> None:
    """Read one owner's version, eventually consistent."""
    key = {"owner": {"S": f"bench-{number}"}, "key": {"S": "version"}}
    client.get_item(TableName=os.environ["TABLE_NAME"], Key=key)


def numbers() -> list[int]:
    """The owners of the reads."""
    if chosen == "each":
        return list(owners)[:reads]
    weights = list(itertools.accumulate(1 / rank for rank in range(1, len(owners) + 1)))
    return random.Random(1).choices(owners, cum_weights=weights, k=reads)  # noqa: S311 - no secret


read(-1)
first_ms = time.process_time() * 1000
seconds = []
for number in numbers():
    began = time.perf_counter()
    read(number)
    seconds.append(time.perf_counter() - began)
print(json.dumps({"first_ms": first_ms, "seconds": seconds}))
# Threads of the DAX client that wait for a cluster do not keep the process.
sys.stdout.flush()
os._exit(0)
