"""`AWS::KinesisFirehose::DeliveryStream`: an update is checked as UpdateDestination is.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kinesisfirehose-deliverystream.html.
MiniStack sets the new configuration of an update without a check.
"""

from collections.abc import Callable
from typing import Any

from local_aws.hooks import wraps
from local_aws.services.firehose.delivery_streams import problem_of_change
from local_aws.services.firehose.validation import DESTINATION, problem_of_stream

_HANDLER = "ministack.services.cloudformation.provisioners:_RESOURCE_HANDLERS[AWS::KinesisFirehose::DeliveryStream]"
Properties = dict[str, Any]


@wraps(f"{_HANDLER}[update]")
def _update(update: Callable[..., Any], physical_id: str, old: Properties, new: Properties, *rest: Any) -> Any:
    data = {**new, "DeliveryStreamName": new.get("DeliveryStreamName") or physical_id}
    problem = problem_of_stream(data) or problem_of_change(old.get(DESTINATION) or {}, new[DESTINATION])
    if problem:
        raise ValueError(problem)
    # A generated name stays: MiniStack compares the templates' names only.
    return update(physical_id, old, new, *rest)
