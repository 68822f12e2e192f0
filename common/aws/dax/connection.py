"""What all clients of one cluster share: the connection, and whether the cluster answers."""

from collections.abc import Callable
from typing import Any

from common.aws.dax.answers import Declined, NoAnswer, outcome
from common.aws.dax.circuit_breaker import CircuitBreaker
from common.aws.dax.cluster import Cluster

Tell = Callable[[str, bool], None]


class Connection:
    """A cluster behind a circuit breaker.

    `tell` is called with the reason each time that the cluster does not answer, and with an empty text when it answers
    again. Its second argument says whether this is a change, or one more failed trial.
    """

    def __init__(self, cluster: Cluster, tell: Tell, breaker: CircuitBreaker | None = None) -> None:
        self._cluster = cluster
        self._tell = tell
        self._breaker = breaker or CircuitBreaker()

    @property
    def is_open(self) -> bool:
        """Whether a call may be made now."""
        return self._breaker.allows()

    def call(self, operation: str, request: dict[str, Any], *, repeatable: bool, direct: Any) -> Any:
        """Call the cluster, and return its parsed response; `direct` is DynamoDB's client.

        Raises NotSent, NoAnswer, Declined, or one of DynamoDB's exceptions.
        """
        try:
            response = self._cluster.call(operation, request, repeatable=repeatable)
        except NoAnswer as error:
            self._note(error)
            raise
        except Exception as error:
            answer = outcome(error, direct.meta.method_to_api_mapping[operation], direct.exceptions)
            self._note(answer)
            raise answer from error
        self._note(None)
        return response

    def _note(self, answer: Exception | None) -> None:
        if isinstance(answer, NoAnswer):
            self._tell(str(answer), self._breaker.failed())
        elif not isinstance(answer, Declined) and self._breaker.succeeded():
            self._tell("", True)
