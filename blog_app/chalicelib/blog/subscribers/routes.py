"""Routes of subscriptions, for readers."""

from chalice.app import Response
from chalicelib.blog.composition import Blog
from chalicelib.blog.errors import SubscriptionNotFound, TooManyRequests
from chalicelib.blog.pages import forms
from chalicelib.blog.subscribers.model import NewSubscriber
from chalicelib.blog.subscribers.views import LinkQuery, link_token
from chalicelib.blog.views import UNLISTED

from common.http import responses
from common.http.client_address import viewer_and_edge_ip
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
    returns={202: ResponseSpec(html=True)},
    raises=(TooManyRequests,),
)
def subscribe(blog: Blog, request: ApiRequest, body: NewSubscriber) -> Response:
    """Put an address on the list for new posts by mail. The answer is the same whether or not the address was known."""
    blog.subscriptions.subscribe(body.address, *viewer_and_edge_ip(request.raw))
    return responses.html(forms.render_subscribed(blog.site), UNLISTED, 202)


@routes.route(
    "GET",
    "/subscribers/confirm",
    summary="Ask whether to confirm",
    query=LinkQuery,
    returns={200: ResponseSpec(html=True)},
    raises=(SubscriptionNotFound,),
)
def ask_to_confirm(blog: Blog, request: ApiRequest, query: LinkQuery) -> Response:
    """The page behind the link of a welcome mail. It changes nothing: mail scanners follow links."""
    blog.subscriptions.find_to_confirm(query.token or "")
    return responses.html(forms.render_confirm(blog.site, query.token or ""), UNLISTED)


@routes.route(
    "POST",
    "/subscribers/confirm",
    summary="Confirm an address",
    query=LinkQuery,
    returns={200: ResponseSpec(html=True)},
    raises=(SubscriptionNotFound,),
)
def confirm(blog: Blog, request: ApiRequest, query: LinkQuery) -> Response:
    """With the mail's token in the address or in a form."""
    blog.subscriptions.confirm(link_token(request, query))
    return responses.html(forms.render_confirmed(blog.site), UNLISTED)


@routes.route(
    "GET",
    "/subscribers/unsubscribe",
    summary="Ask whether to unsubscribe",
    query=LinkQuery,
    returns={200: ResponseSpec(html=True)},
    raises=(SubscriptionNotFound,),
)
def ask_to_unsubscribe(blog: Blog, request: ApiRequest, query: LinkQuery) -> Response:
    """The page behind a mail's link to unsubscribe."""
    blog.subscriptions.find(query.token or "")
    return responses.html(forms.render_unsubscribe(blog.site, query.token or ""), UNLISTED)


@routes.route(
    "POST",
    "/subscribers/unsubscribe",
    summary="Unsubscribe",
    query=LinkQuery,
    returns={200: ResponseSpec(html=True)},
    raises=(SubscriptionNotFound,),
)
def unsubscribe(blog: Blog, request: ApiRequest, query: LinkQuery) -> Response:
    """At once, as a mail program's one-click button does (RFC 8058), or by the form of the page."""
    blog.subscriptions.unsubscribe(link_token(request, query))
    return responses.html(forms.render_unsubscribed(blog.site), UNLISTED)
