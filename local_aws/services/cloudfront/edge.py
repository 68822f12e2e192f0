"""Answers a viewer request at the edge: checks, viewer-request function, cache or origin, viewer-response function."""

import time
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from ministack.core.responses import new_uuid
from ministack.services import cloudfront

from local_aws.services.cloudfront import viewer_functions
from local_aws.services.cloudfront.cache import EdgeCache
from local_aws.services.cloudfront.caching_client import CachingClient
from local_aws.services.cloudfront.configuration import configuration, forget, matched_path
from local_aws.services.cloudfront.function_results import InvalidResult
from local_aws.services.cloudfront.origin_client import OriginResponse, RegionCheck
from local_aws.services.cloudfront.private_content.refusals import Refused
from local_aws.services.cloudfront.private_content.verification import verify
from local_aws.services.cloudfront.validators import is_not_modified, partial_content, without_content
from local_aws.services.cloudfront.viewer import HIT, REFRESHED, EdgeResponse, Headers, ViewerRequest
from local_aws.services.cloudfront.viewer_headers import with_cloudfront_headers

Response = tuple[int, dict[str, Any], bytes]


class Edge:
    """One edge location that serves all distributions, with a cache for each."""

    def __init__(
        self,
        is_region_down: RegionCheck,
        clock: Callable[[], float] = time.monotonic,
        unix_time: Callable[[], float] = time.time,
    ) -> None:
        self._caches: dict[str, EdgeCache] = {}
        self._client = CachingClient(is_region_down, clock)
        self._unix_time = unix_time

    def cache(self, distribution_id: str) -> EdgeCache:
        """The distribution's cache."""
        return self._caches.setdefault(distribution_id, EdgeCache())

    def forget(self, distribution_id: str | None = None) -> None:
        """Drop the cache and the configuration of one distribution, or of all."""
        if distribution_id is None:
            self._caches.clear()
        else:
            self._caches.pop(distribution_id, None)
        forget(distribution_id)

    async def serve(
        self,
        dist: dict[str, Any],
        method: str,
        path: str,
        raw_uri: str,
        raw_query_string: str,
        headers: Headers,
        body: bytes,
        query_params: dict[str, Any],
        client_ip: str = "127.0.0.1",
    ) -> Response:
        """Answer one viewer request. The parameters are those of MiniStack's `handle_viewer_request`."""
        current = configuration(dist)
        behavior = current.behavior(matched_path(raw_uri))
        if behavior is None:
            return _error_response(502, "The request could not be satisfied.")
        if not current.has_ipv6 and client_ip == "::1":
            # The front is at both loopback addresses, whichever the distribution has on AWS.
            client_ip = "127.0.0.1"
        headers = with_cloudfront_headers(headers, behavior, client_ip)
        request = ViewerRequest(
            dist,
            current,
            behavior,
            current.policy(behavior),
            method,
            cloudfront._apply_default_root_object(current.root, raw_uri),
            raw_query_string,
            headers,
            body,
            client_ip,
            new_uuid(),
            headers,
            cookies=_cookies(headers),
        )
        refusal = _check_viewer_request(request, raw_uri)
        if refusal is None and behavior["trusted_key_groups"]:
            refusal = await self._check_signature(request, raw_uri)
        return refusal or await self._run_functions(request)

    async def _check_signature(self, request: ViewerRequest, raw_uri: str) -> Response | None:
        """The error of a request for private content that is not signed; None if it is."""
        try:
            verify(request, raw_uri, self._unix_time())
        except Refused as refused:
            headers = {"content-type": "text/xml", "server": "CloudFront"}
            error = OriginResponse(HTTPStatus.FORBIDDEN, headers, refused.body, is_generated=True)
            answer = await self._client.refuse(request, error)
            return await self._viewer_response(request, apply_conditions(request, answer))
        return None

    async def _run_functions(self, request: ViewerRequest) -> Response:
        try:
            own_response = await viewer_functions.on_viewer_request(request)
            if own_response is not None:
                return own_response
            answer = await self._client.answer(request, self.cache(request.distribution["Id"]))
            return await self._viewer_response(request, apply_conditions(request, answer))
        except cloudfront.CloudFrontFunctionError as error:
            viewer_functions.log.warning("a function of distribution %s failed: %s", request.distribution["Id"], error)
            return _error_response(503, "The CloudFront function failed to execute.", "FunctionExecutionError")
        except InvalidResult as error:
            viewer_functions.log.warning(
                "a function of distribution %s returned an invalid value: %s", request.distribution["Id"], error
            )
            text = f"The CloudFront function returned an invalid value: {error}"
            return _error_response(502, text, "FunctionValidationError")

    async def _viewer_response(self, request: ViewerRequest, answer: EdgeResponse) -> Response:
        headers = answer.headers
        if not answer.is_generated:
            policy = cloudfront.response_headers_policy_config(request.behavior["response_headers_policy_id"])
            origin = request.sent_headers.get("origin", "")
            # A copy, because the policy must not change the cached headers.
            headers = cloudfront._apply_response_headers_policy(dict(headers), policy, origin, request.method)
        answer = replace(answer, headers=headers)
        runs_function = viewer_functions.has_viewer_response(request, answer)
        if runs_function:
            answer = await viewer_functions.on_viewer_response(request, answer)
        headers = dict(answer.headers)
        if request.method != "HEAD" and answer.status != HTTPStatus.NOT_MODIFIED:
            headers["content-length"] = str(len(answer.body))
        if answer.age_seconds is not None:
            headers["age"] = str(answer.age_seconds)
        final = cloudfront._add_cloudfront_headers(headers, f"{answer.result} from cloudfront", None, runs_function)
        return answer.status, cloudfront._render_headers(final, title_case=True), answer.body


def _check_viewer_request(request: ViewerRequest, raw_uri: str) -> Response | None:
    """The redirect or the error of a request that the distribution does not allow; None if it does."""
    loop_error = cloudfront._check_stacked_distribution(request.headers)
    if loop_error:
        return _with_x_cache(loop_error, "Error")
    is_secure = request.is_https
    redirect = cloudfront._check_viewer_protocol_policy(
        request.behavior, request.method, is_secure, raw_uri, request.query, request.headers
    )
    if redirect:
        return _with_x_cache(redirect, "Error" if redirect[0] == HTTPStatus.FORBIDDEN else "Redirect")
    refusal = cloudfront._check_allowed_methods(request.behavior, request.method)
    if refusal:
        return _with_x_cache(refusal, "Error")
    # https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html#RequestCustom-get-body
    return (
        _error_response(403, "Bad request: a body is not allowed.") if request.is_get_or_head and request.body else None
    )


def _with_x_cache(response: Response, result: str) -> Response:
    response[1]["X-Cache"] = f"{result} from cloudfront"
    return response


def _error_response(status: int, explanation: str, result: str = "Error") -> Response:
    refusal: Response = cloudfront._cf_error_response(status, explanation, f"{result} from cloudfront")
    return refusal


def _cookies(headers: Headers) -> dict[str, str]:
    cookies = cloudfront._event_cookies_from_header(headers.get("cookie", "")) if "cookie" in headers else {}
    return {name: item["value"] for name, item in cookies.items()}


def apply_conditions(request: ViewerRequest, answer: EdgeResponse) -> EdgeResponse:
    """Apply the viewer's conditions, range and HEAD to a complete response that is cached or cacheable."""
    is_whole = answer.status == HTTPStatus.OK and request.is_get_or_head
    if is_whole and request.policy.is_caching:
        if is_not_modified(request.headers, answer.headers):
            return replace(answer, status=304, headers=without_content(answer.headers, answer.body), body=b"")
        range_header = request.headers.get("range") if request.method == "GET" else None
        if range_header and answer.result in (HIT, REFRESHED):
            partial = partial_content(range_header, answer.headers, answer.body)
            if partial:
                return replace(answer, status=partial[0], headers=partial[1], body=partial[2])
    if request.method == "HEAD" and answer.body:
        return replace(answer, headers=answer.headers | {"content-length": str(len(answer.body))}, body=b"")
    return answer
