"""Metrics in log lines, which CloudWatch Logs extracts without a call of its API.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import os
import time
from typing import Any


def metric(namespace: str, name: str, value: float) -> dict[str, Any]:
    """Return the fields of a log line that is one value of a metric, by the function's name."""
    definition = {"Namespace": namespace, "Dimensions": [["FunctionName"]], "Metrics": [{"Name": name}]}
    function = os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "none")
    embedded = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [definition]}
    return {"_aws": embedded, "FunctionName": function, name: value}
