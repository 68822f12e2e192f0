"""HTTP representations of subscriptions: what the links in mails and the buttons of their pages send."""

from typing import Annotated

import msgspec
from chalice.app import Request
from msgspec import Meta

from common.http import forms
from common.http.problems import INVALID_FIELD, ProblemDocument
from common.http.requests import ApiRequest

LinkToken = Annotated[
    str,
    Meta(
        pattern=r"^[0-9a-f]{32}\.[0-9a-f]{32}(?!\n)$",
        description="The token from the link of a mail.",
        examples=["0123456789abcdef0123456789abcdef.0123456789abcdef0123456789abcdef"],
    ),
]


class SubscriptionReceived(msgspec.Struct, frozen=True):
    """What a program gets for a subscription. It does not show whether the address was known."""

    message: Annotated[str, Meta(examples=["If the address can receive mail, a message is on its way to it."])]


class LinkQuery(msgspec.Struct, frozen=True):
    """The token of a mail's link."""

    token: LinkToken | None = None


class _LinkForm(msgspec.Struct, frozen=True):
    """What a page's button sends; a mail program's one-click POST has other fields."""

    token: LinkToken | None = None


def link_token(request: ApiRequest, query: LinkQuery) -> str:
    """Return a link's token, from the query or from a page's form; the fields of a mail program are ignored."""
    if query.token is None and forms.is_form(request.header("Content-Type")):
        return forms.decode(request.raw.raw_body, _LinkForm).token or ""
    return query.token or ""


def mistyped_address(request: Request, problem: ProblemDocument) -> str | None:
    """Return the address that a form to subscribe has sent, if it is the problem; it may be empty."""
    fields = [error.field for error in problem.errors]
    if (problem.status, fields) != (INVALID_FIELD.status, ["address"]):
        return None
    if not forms.is_form(request.headers.get("content-type")):
        return None
    return forms.fields(request.raw_body).get("address", "")
