"""The records of deleted to-dos that dead letters name, for the task `redrive`."""

from chalicelib.todo.todos.todo_items import TODO_PREFIX

from common.redrive.queue import Letter
from common.redrive.table_records import Event, TableRecords

_REMOVAL = "REMOVE"


class DeletedTodos(TableRecords):
    """Reads the records that the filter in stages.yaml lets through to the function `delete_files`, and no others."""

    def read(self, letter: Letter) -> list[Event]:
        """Read the records of a letter. The function's own letter has the keys, which are enough."""
        if letter.keys is not None:
            change = {"Keys": letter.keys, "SequenceNumber": letter.first}
            return [{"eventName": _REMOVAL, "eventSourceARN": letter.stream_arn, "dynamodb": change}]
        return [record for record in super().read(letter) if _is_deleted_todo(record)]


def _is_deleted_todo(record: Event) -> bool:
    is_todo: bool = record["dynamodb"]["Keys"]["key"]["S"].startswith(TODO_PREFIX)
    return is_todo and record["eventName"] == _REMOVAL
