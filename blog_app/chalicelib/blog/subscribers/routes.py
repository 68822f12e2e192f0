"""Routes of subscriptions, for readers."""

from chalice.app import Response
from chalicelib.blog.composition import Blog
from chalicelib.blog.errors import SubscriptionNotFound, TooManyRequests
from chalicelib.blog.pages import forms
from chalicelib.blog.subscribers.model import NewSubscriber
from chalicelib.blog.subscribers.views import LinkQuery, SubscriptionReceived, link_token
from chalicelib.blog.views import UNLISTED

from common.http import responses
from common.http.client_address import accepts_html, viewer_and_edge_ip
from common.http.operations import ResponseSpec
from common.http.requests import ApiRequest
from common.http.routes import Routes

routes = Routes[Blog](public=True)


@routes.route(
    "POST",
    "/subscribers",
    summary="Subscribe",
    body=NewSubscriber,
    form=True,
    returns={202: ResponseSpec(SubscriptionReceived, html=True)},
    raises=(TooManyRequests,),
)
def subscribe(blog: Blog, request: ApiRequest, body: NewSubscriber) -> Response:
    """Sends a mail with a link that confirms the address. The response does not show whether the address was known."""
    blog.subscriptions.subscribe(body.address, *viewer_and_edge_ip(request.raw))
    if not accepts_html(request.raw):
        return responses.json(SubscriptionReceived(forms.SUBSCRIBED), UNLISTED, 202)
    return responses.html(forms.render_subscribed(blog.site), UNLISTED, 202)


@routes.route(
    "GET",
    "/subscribers/confirm",
    summary="Get the page that confirms an address",
    query=LinkQuery,
    ignores_unknown_parameters=True,
    returns={200: ResponseSpec(html=True)},
    raises=(SubscriptionNotFound,),
)
def ask_to_confirm(blog: Blog, request: ApiRequest, query: LinkQuery) -> Response:
    """Returns the page that a welcome mail links to. Only its button confirms, because mail scanners follow links."""
    blog.subscriptions.find_to_confirm(query.token or "")
    return responses.html(forms.render_confirm(blog.site, query.token or ""), UNLISTED)


@routes.route(
    "POST",
    "/subscribers/confirm",
    summary="Confirm an address",
    query=LinkQuery,
    ignores_unknown_parameters=True,
    returns={200: ResponseSpec(html=True)},
    raises=(SubscriptionNotFound,),
)
def confirm(blog: Blog, request: ApiRequest, query: LinkQuery) -> Response:
    """Confirms an address by the token of its mail, in the query or in a form."""
    blog.subscriptions.confirm(link_token(request, query))
    return responses.html(forms.render_confirmed(blog.site), UNLISTED)


@routes.route(
    "GET",
    "/subscribers/unsubscribe",
    summary="Get the page that unsubscribes an address",
    query=LinkQuery,
    ignores_unknown_parameters=True,
    returns={200: ResponseSpec(html=True)},
    raises=(SubscriptionNotFound,),
)
def ask_to_unsubscribe(blog: Blog, request: ApiRequest, query: LinkQuery) -> Response:
    """Returns the page that a mail's link to unsubscribe leads to."""
    blog.subscriptions.find(query.token or "")
    return responses.html(forms.render_unsubscribe(blog.site, query.token or ""), UNLISTED)


@routes.route(
    "POST",
    "/subscribers/unsubscribe",
    summary="Unsubscribe",
    query=LinkQuery,
    ignores_unknown_parameters=True,
    returns={200: ResponseSpec(html=True)},
    raises=(SubscriptionNotFound,),
)
def unsubscribe(blog: Blog, request: ApiRequest, query: LinkQuery) -> Response:
    """Unsubscribes an address, from a mail program's one-click button (RFC 8058) or from the form of the page."""
    blog.subscriptions.unsubscribe(link_token(request, query))
    return responses.html(forms.render_unsubscribed(blog.site), UNLISTED)
