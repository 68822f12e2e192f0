"""The account-level suppression list of SES v2: its calls, and its settings.

AWS: an address that bounced for good or complained is put there, or anyone may put it; SES takes mails to it and sends
none (https://docs.aws.amazon.com/ses/latest/dg/sending-email-suppression-list.html). This MiniStack lists nothing, and
takes settings without keeping them. Hooked: `ses_v2.handle_request`. Kept in `ses._account_details`, which is saved.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from ministack.core.responses import json_response
from ministack.services import ses_v2

from local_aws.hooks import Hook
from local_aws.services.ses import addresses, suppression
from local_aws.services.ses.refusals import Refusal, bad_request, not_found
from local_aws.settings import Settings

HOOKS = (
    Hook("ministack.core.responses:json_response", "data,status,content_type"),
    Hook("ministack.services.ses_v2:_json_err", "code,message,status"),
    Hook("ministack.services.ses_v2:_first_query_value", "query_params,key,default"),
    Hook("ministack.services.ses_v2:handle_request", "method,path,headers,body,query_params"),
    Hook("ministack.services.ses_v2:_paginate", "items,query_params,default_size,maximum"),
    Hook("ministack.services.ses_v2:_query_values", "query_params,key"),
    Hook("ministack.services.ses:_account_details", "type:AccountRegionScopedDict"),
)

_ADDRESSES = "/v2/email/suppression/addresses"
_ACCOUNT = "/v2/email/account"
Json = dict[str, Any]


def install(settings: Settings) -> None:
    """Answer the list's calls."""
    others = ses_v2.handle_request

    async def handle_request(method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Any:
        path = path.rstrip("/")
        answer = _answer(method, path, query_params)
        if answer is None:
            found = await others(method, path, headers, body, query_params)
            return _with_reasons(found) if (method, path) == ("GET", _ACCOUNT) else found
        try:
            return answer(json.loads(body or b"{}"))
        except Refusal as refusal:
            return ses_v2._json_err(refusal.code, refusal.message, refusal.status)
        except (ValueError, AttributeError, RecursionError):
            return ses_v2._json_err("BadRequestException", "The request is not a JSON object.")

    ses_v2.handle_request = handle_request


def _answer(method: str, path: str, query: Any) -> Callable[[Json], Any] | None:
    address = unquote(path.removeprefix(f"{_ADDRESSES}/")) if path.startswith(f"{_ADDRESSES}/") else ""
    answers: dict[tuple[str, bool], Callable[[Json], Any]] = {
        ("PUT", False): _put,
        ("GET", False): lambda _: _list(query),
        ("GET", True): lambda _: _get(address),
        ("DELETE", True): lambda _: _delete(address),
    }
    if path == f"{_ACCOUNT}/suppression" and method == "PUT":
        return _set_reasons
    return answers.get((method, bool(address))) if address or path == _ADDRESSES else None


def _put(call: Json) -> Any:
    address, reason = call.get("EmailAddress") or "", call.get("Reason")
    addresses.parsed(address)
    if reason not in suppression.REASONS:
        raise bad_request("Reason must be BOUNCE or COMPLAINT")
    suppression.put(address, reason)
    return json_response({})


def _get(address: str) -> Any:
    entry = suppression.entries().get(address.lower())
    if entry is None:
        raise _absent(address)
    return json_response({"SuppressedDestination": entry})


def _delete(address: str) -> Any:
    if not suppression.remove(address):
        raise _absent(address)
    return json_response({})


def _absent(address: str) -> Refusal:
    return not_found(f"Email address {address} does not exist on your suppression list.")


def _list(query: Any) -> Any:
    reasons = ses_v2._query_values(query, "Reason")
    start, end = (_seconds(ses_v2._first_query_value(query, name)) for name in ("StartDate", "EndDate"))
    found = [
        {name: entry[name] for name in ("EmailAddress", "Reason", "LastUpdateTime")}
        for entry in suppression.entries().values()
        if (not reasons or entry["Reason"] in reasons)
        and (start is None or entry["LastUpdateTime"] >= start)
        and (end is None or entry["LastUpdateTime"] <= end)
    ]
    page, token, error = ses_v2._paginate(found, query, 1000, maximum=1000)
    return error or json_response({"SuppressedDestinationSummaries": page, **({"NextToken": token} if token else {})})


def _seconds(text: str) -> float | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise bad_request(f"Invalid date {text}") from error
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _set_reasons(call: Json) -> Any:
    reasons = call.get("SuppressedReasons") or []
    if any(reason not in suppression.REASONS for reason in reasons):
        raise bad_request("SuppressedReasons must be of BOUNCE and COMPLAINT")
    suppression.set_account_reasons(list(dict.fromkeys(reasons)))
    return json_response({})


def _with_reasons(answer: Any) -> Any:
    status, _, body = answer
    account = json.loads(body)
    account["SuppressionAttributes"] = {"SuppressedReasons": suppression.account_reasons()}
    return json_response(account, status)
