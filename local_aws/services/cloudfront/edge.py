"""One request at the edge: checks, viewer-request function, cache or origin, and the viewer's response."""

import time
from collections.abc import Callable
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from ministack.core.responses import new_uuid
from ministack.services import cloudfront

from local_aws.services.cloudfront import viewer_functions
from local_aws.services.cloudfront.cache import Fetcher
from local_aws.services.cloudfront.configuration import configuration, forget, matched_path
from local_aws.services.cloudfront.function_results import InvalidResult
from local_aws.services.cloudfront.origin_client import Outage
from local_aws.services.cloudfront.store import EdgeCache
from local_aws.services.cloudfront.validators import is_not_modified, part, without_content
from local_aws.services.cloudfront.viewer import HIT, REFRESHED, Answer, Headers, ViewerRequest

Response = tuple[int, dict[str, Any], bytes]


class Edge:
    """The edge of all distributions: one location, with a cache for each."""

    def __init__(self, outage: Outage, clock: Callable[[], float] = time.monotonic) -> None:
        self._caches: dict[str, EdgeCache] = {}
        self._fetcher = Fetcher(outage, clock)

    def cache(self, distribution_id: str) -> EdgeCache:
        """The distribution's cache."""
        return self._caches.setdefault(distribution_id, EdgeCache())

    def forget(self, distribution_id: str | None = None) -> None:
        """Forget what is cached, of one distribution or of all."""
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
        """Answer one viewer's request, as MiniStack's data plane is called."""
        current = configuration(dist)
        behavior = current.behavior(matched_path(raw_uri))
        if behavior is None:
            return _refused(502, "The request could not be satisfied.")
        request = ViewerRequest(
            dist,
            current,
            behavior,
            current.policy(behavior),
            method,
            cloudfront._apply_default_root_object(current.root, raw_uri),
            raw_query_string,
            dict(query_params or {}),
            headers,
            body,
            client_ip,
            new_uuid(),
            headers,
            cookies=_cookies(headers),
        )
        return _gate(request, raw_uri) or await self._through_functions(request)

    async def _through_functions(self, request: ViewerRequest) -> Response:
        try:
            made = await viewer_functions.on_viewer_request(request)
            if made is not None:
                return made
            answer = await self._fetcher.answer(request, self.cache(request.distribution["Id"]))
            return await self._viewers(request, _fitted(request, answer))
        except cloudfront.CloudFrontFunctionError as error:
            viewer_functions.log.warning("a function of distribution %s failed: %s", request.distribution["Id"], error)
            return _refused(503, "The CloudFront function failed to execute.", "FunctionExecutionError")
        except InvalidResult as error:
            viewer_functions.log.warning(
                "a function of distribution %s is wrong: %s", request.distribution["Id"], error
            )
            text = f"The CloudFront function returned an invalid value: {error}"
            return _refused(502, text, "FunctionValidationError")

    async def _viewers(self, request: ViewerRequest, answer: Answer) -> Response:
        headers = answer.headers
        if not answer.is_generated:
            policy = cloudfront.response_headers_policy_config(request.behavior["response_headers_policy_id"])
            origin = request.sent_headers.get("origin", "")
            # A copy: the cached headers are not the policy's to change.
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


def _gate(request: ViewerRequest, raw_uri: str) -> Response | None:
    """The refusal or redirect that comes before anything else."""
    stacked = cloudfront._check_stacked_distribution(request.headers)
    if stacked:
        return _named(stacked, "Error")
    is_secure = request.is_https
    elsewhere = cloudfront._check_viewer_protocol_policy(
        request.behavior, request.method, is_secure, raw_uri, request.query, request.headers
    )
    if elsewhere:
        return _named(elsewhere, "Error" if elsewhere[0] == HTTPStatus.FORBIDDEN else "Redirect")
    refused = cloudfront._check_allowed_methods(request.behavior, request.method)
    if refused:
        return _named(refused, "Error")
    # https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/RequestAndResponseBehaviorCustomOrigin.html#RequestCustom-get-body
    return _refused(403, "Bad request: a body is not allowed.") if request.is_reading and request.body else None


def _named(response: Response, result: str) -> Response:
    response[1]["X-Cache"] = f"{result} from cloudfront"
    return response


def _refused(status: int, explanation: str, result: str = "Error") -> Response:
    refusal: Response = cloudfront._cf_error_response(status, explanation, f"{result} from cloudfront")
    return refusal


def _cookies(headers: Headers) -> dict[str, str]:
    found = cloudfront._event_cookies_from_header(headers.get("cookie", "")) if "cookie" in headers else {}
    return {name: item["value"] for name, item in found.items()}


def _fitted(request: ViewerRequest, answer: Answer) -> Answer:
    """The response to a condition, a range or HEAD, made from a complete response that is cached or cacheable."""
    is_whole = answer.status == HTTPStatus.OK and request.is_reading
    if is_whole and request.policy.is_caching:
        if is_not_modified(request.headers, answer.headers):
            return replace(answer, status=304, headers=without_content(answer.headers, answer.body), body=b"")
        wanted = request.headers.get("range") if request.method == "GET" else None
        if wanted and answer.result in (HIT, REFRESHED):
            cut = part(wanted, answer.headers, answer.body)
            if cut:
                return replace(answer, status=cut[0], headers=cut[1], body=cut[2])
    if request.method == "HEAD" and answer.body:
        return replace(answer, headers=answer.headers | {"content-length": str(len(answer.body))}, body=b"")
    return answer
