"""The routes of payments: those of viewers, and the one that the payment provider calls."""

import re

from chalice.app import Response
from chalicelib.video.composition import VideoApp
from chalicelib.video.errors import (
    AlreadyPaid,
    EventTooLarge,
    InvalidSignature,
    KeyReused,
    MalformedEvent,
    NotJson,
    NotUpgradable,
    OrderNotFound,
    PaymentDeclined,
    ProviderUnavailable,
    SubscriptionNotFound,
    VideoNotFound,
)
from chalicelib.video.payments.model import OrderId
from chalicelib.video.payments.stripe_signature import HEADER as SIGNATURE
from chalicelib.video.payments.views import (
    CheckoutView,
    NewCheckout,
    OrderView,
    PlanView,
    SubscriptionView,
    plans_response,
    subscription_response,
)

from common.errors import Busy, InvalidField
from common.http import responses
from common.http.idempotency import HEADER, idempotency
from common.http.operations import ResponseSpec
from common.http.requests import ApiRequest
from common.http.routes import Routes
from common.values import parse

routes = Routes[VideoApp]()
public_routes = Routes[VideoApp](public=True)
_JSON = re.compile(r"application/json\s*(;.*)?", re.IGNORECASE)


@public_routes.route("GET", "/plans", summary="List the plans", returns={200: ResponseSpec(list[PlanView])})
def list_plans(video_app: VideoApp, request: ApiRequest) -> Response:
    """Returns what a subscription to all videos costs."""
    return plans_response(video_app.prices)


@routes.route(
    "POST",
    "/checkout",
    summary="Buy a subscription or a video",
    body=NewCheckout,
    headers=(HEADER,),
    returns={201: ResponseSpec(CheckoutView, ("Location",))},
    raises=(VideoNotFound, AlreadyPaid, KeyReused, InvalidField, ProviderUnavailable, Busy),
)
def check_out(video_app: VideoApp, request: ApiRequest, body: NewCheckout) -> Response:
    """Makes an order, and returns the page of the payment provider where it is paid.

    The price is that of the catalogue or of the plan. What was bought can be watched some seconds after the payment.
    For 24 hours, a request with the same `Idempotency-Key` and the same body returns the same order.
    """
    key = idempotency(request.header(HEADER), body)
    arguments = (key.key, key.fingerprint) if key else ()
    return video_app.payment_views.checkout(*video_app.orders.start(request.owner, body.purchase(), *arguments))


@routes.route(
    "GET", "/orders/{order_id}", summary="Get an order", returns={200: ResponseSpec(OrderView)}, raises=(OrderNotFound,)
)
def get_order(video_app: VideoApp, request: ApiRequest, order_id: OrderId) -> Response:
    """Returns an order of the caller, and whether it is paid."""
    order_id = parse(order_id, OrderId, OrderNotFound("The order does not exist."))
    return video_app.payment_views.order(video_app.orders.get(request.owner, order_id))


@routes.route(
    "GET",
    "/subscription",
    summary="Get the subscription",
    returns={200: ResponseSpec(SubscriptionView)},
    raises=(SubscriptionNotFound,),
)
def get_subscription(video_app: VideoApp, request: ApiRequest) -> Response:
    """Returns the caller's subscription, until it has ended."""
    return subscription_response(video_app.subscriptions.get(request.owner))


@routes.route(
    "POST",
    "/subscription/cancellation",
    summary="Cancel the subscription",
    returns={200: ResponseSpec(SubscriptionView)},
    raises=(SubscriptionNotFound, ProviderUnavailable),
)
def cancel_subscription(video_app: VideoApp, request: ApiRequest) -> Response:
    """Lets the subscription end with the period that is paid. Until then nothing changes."""
    return subscription_response(video_app.subscriptions.cancel(request.owner))


@routes.route(
    "DELETE",
    "/subscription/cancellation",
    summary="Resume the subscription",
    returns={200: ResponseSpec(SubscriptionView)},
    raises=(SubscriptionNotFound, ProviderUnavailable),
)
def resume_subscription(video_app: VideoApp, request: ApiRequest) -> Response:
    """Takes a cancellation back, as long as the paid period has not ended."""
    return subscription_response(video_app.subscriptions.resume(request.owner))


@routes.route(
    "POST",
    "/subscription/upgrade",
    summary="Change the subscription to a year",
    returns={200: ResponseSpec(SubscriptionView)},
    raises=(SubscriptionNotFound, NotUpgradable, PaymentDeclined, ProviderUnavailable),
)
def upgrade_subscription(video_app: VideoApp, request: ApiRequest) -> Response:
    """Charges a year that begins now, less what is left of the current month."""
    return subscription_response(video_app.subscriptions.upgrade(request.owner))


@public_routes.route(
    "POST",
    "/webhooks/payments",
    summary="Receive an event of the payment provider",
    returns={200: ResponseSpec()},
    raises=(InvalidSignature, MalformedEvent, NotJson, EventTooLarge),
)
def receive_payment_event(video_app: VideoApp, request: ApiRequest) -> Response:
    """For the payment provider only, whose signature is in the header `Stripe-Signature`.

    The response is 200 when the event is safely in a queue, or is of a type that has no meaning here.
    """
    if not _JSON.fullmatch(request.header("Content-Type") or ""):
        raise NotJson("Send Content-Type: application/json.")
    body = request.raw.raw_body
    video_app.event_intake.receive(body.encode() if isinstance(body, str) else body, request.header(SIGNATURE))
    return responses.empty(200)
