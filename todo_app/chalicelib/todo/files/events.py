"""Records of the table's stream, mapped to the deletion of files.

The event source lets only the records of deleted to-dos through. A record that fails is delivered again, with those
after it. One that would fail each time becomes a dead letter at once.
"""

import logging
from functools import cache

from chalicelib.todo.accounts.ports import OutOfTime
from chalicelib.todo.errors import FolderUnknown, Unfinished
from chalicelib.todo.files.files import TodoFiles
from chalicelib.todo.files.model import DeletedTodo
from chalicelib.todo.todos.todo_items import TODO_PREFIX

from common.runtime.batches import Batch, Record
from common.values import Id, parse


def deleted_todo(record: Record) -> DeletedTodo:
    """Read a record. An id has no other form, so the prefix of its files cannot be another one's."""
    if record["eventName"] != "REMOVE":
        raise ValueError("the to-do is not deleted")
    keys = record["dynamodb"]["Keys"]
    todo_id = keys["key"]["S"].removeprefix(TODO_PREFIX)
    return DeletedTodo(keys["owner"]["S"], parse(todo_id, Id, ValueError(f"{todo_id!r} is not a to-do's id")))


def delete_files(batch: Batch, files: TodoFiles, out_of_time: OutOfTime, log: logging.Logger) -> None:
    """Delete the files of a batch of deleted to-dos."""
    folder_of = cache(files.folder)
    for record, todo in batch.read(deleted_todo):
        try:
            if out_of_time():
                raise Unfinished("There was no time left for this to-do.")
            folder = folder_of(todo.owner)
            if folder and (deleted := files.delete(folder, todo, out_of_time)):
                log.info("files deleted", extra={"todo": todo.id, "files": deleted})
        except FolderUnknown as error:
            batch.give_up(record, str(error))
        except Exception as error:
            batch.fail(record, error)
