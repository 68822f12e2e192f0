"""Operators' commands of pipeline_app: `python -m deploy task pipeline_app NAME`."""

import sys
from pathlib import Path
from typing import Any

# The deploy tool loads this file by its path and knows no app's packages.
sys.path.append(str(Path(__file__).parent))

from chalicelib.pipeline.composition import Operator


def mail_alerts(context: Any, email: str) -> str:
    """Send a mail to an address for each alert that is raised or cleared, once its owner has confirmed that."""
    _operator(context).alert_topic.subscribe(email)
    return f"{email} gets a mail; its owner confirms with the link in it"


def _operator(context: Any) -> Operator:
    return Operator(context.client, context.outputs)
