"""Statements (PartiQL) that write make stream records and replicate, as every write does.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html: a stream captures each modification of
items in a table, however it is made. MiniStack's statements change items only. Hooked: `dynamodb._execute_statement`,
`_batch_execute_statement` and `_execute_transaction`, during which what `_set_item` and `_remove_item` do is noted and
told afterwards, unless a transaction was cancelled.
"""

from collections.abc import Callable
from typing import Any

from ministack.services import dynamodb

from local_aws.hooks import Hook
from local_aws.settings import Settings

_DYNAMODB = "ministack.services.dynamodb"
_STATEMENTS = ("_execute_statement", "_batch_execute_statement", "_execute_transaction")
HOOKS = (
    *(Hook(f"{_DYNAMODB}:{name}", "data") for name in _STATEMENTS),
    Hook(f"{_DYNAMODB}:_set_item", "table,pk_val,sk_val,item"),
    Hook(f"{_DYNAMODB}:_remove_item", "table,pk_val,sk_val"),
    Hook(f"{_DYNAMODB}:_emit_stream_event", "table_name,event_name,old_item,new_item,replicate"),
)

# Table, item before, item after.
_Write = tuple[str, Any, Any]
# What the statement that is carried out has written; None when none is. Statements run one at a time, on the loop.
_noted: list[_Write] | None = None


def install(settings: Settings) -> None:
    """Put the hooks in place."""
    dynamodb._set_item = _noting(dynamodb._set_item)
    dynamodb._remove_item = _noting(dynamodb._remove_item)
    for name in _STATEMENTS:
        setattr(dynamodb, name, _telling(getattr(dynamodb, name)))


def _noting(change: Callable[..., Any]) -> Callable[..., Any]:
    def changed(table: dict[str, Any], partition: Any, sort: Any, item: Any = None) -> Any:
        arguments = (table, partition, sort) if item is None else (table, partition, sort, item)
        before = change(*arguments)
        if _noted is not None:
            _noted.append((table["TableName"], before, item))
        return before

    return changed


def _telling(execute: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    def executed(data: dict[str, Any]) -> Any:
        global _noted
        if _noted is not None:
            # A batch carries out its statements one by one.
            return execute(data)
        _noted = []
        try:
            answer = execute(data)
            writes = _noted
        finally:
            _noted = None
        if answer[0] == 200:
            for table, before, after in writes:
                _tell(table, before, after)
        return answer

    return executed


def _tell(table: str, before: Any, after: Any) -> None:
    if after is None:
        if before is not None:
            dynamodb._emit_stream_event(table, "REMOVE", before, None)
    else:
        dynamodb._emit_stream_event(table, "MODIFY" if before else "INSERT", before, after)
