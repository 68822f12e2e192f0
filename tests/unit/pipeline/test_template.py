"""What the template grants, where the code depends on it."""

import re

from tests.apps import ROOT

TEMPLATE = ROOT / "pipeline_app" / "resources.yaml"


def test_only_the_topic_rule_may_write_to_the_stream():
    # The decoding takes a record's device, time of arrival and mark of a release from whoever writes it.
    resources = re.split(r"^  (\w+):\n", TEMPLATE.read_text(), flags=re.MULTILINE)
    bodies = dict(zip(resources[1::2], resources[2::2], strict=True))
    assert {name for name, body in bodies.items() if re.search(r"kinesis:(Put|\*)", body)} == {"TelemetryRuleRole"}
