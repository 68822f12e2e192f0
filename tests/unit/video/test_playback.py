"""Links: who gets one, for how long, how many, and what is in them."""

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, urlsplit

import pytest
from chalicelib.video.entitlements.model import of_video

from tests.unit.video.stage import EDGE_SECRET, PUBLIC_URL, now


def policy_of(answer):
    """The policy in a response's cookies."""
    cookies = dict(cookie.split(";")[0].split("=", 1) for cookie in answer.headers["set-cookie"])
    text = cookies["CloudFront-Policy"].translate(str.maketrans("-_~", "+=/"))
    return json.loads(base64.b64decode(text))["Statement"][0]


def test_a_subscriber_gets_cookies_for_one_video_only(video_app):
    video = video_app.add()
    video_app.entitle(valid_until=now() + 10_000)
    answer = video_app.play(video)
    assert answer.status == 201
    folder = f"{PUBLIC_URL}/content/{video.id}/{video.folder}/"
    assert answer.json["url"] == f"{folder}master.m3u8"
    statement = policy_of(answer)
    assert statement["Resource"] == f"{folder}*"
    assert statement["Condition"].keys() == {"DateLessThan"}
    for cookie in answer.headers["set-cookie"]:
        assert f"; Path=/content/{video.id}/{video.folder}/; Secure; HttpOnly; SameSite=Strict" in cookie
    assert answer.headers["cache-control"] == "no-store"


def test_who_bought_one_video_watches_this_one_only(video_app):
    bought, other = video_app.add(), video_app.add()
    video_app.entitle(what=of_video(bought.id))
    assert video_app.play(bought).status == 201
    assert video_app.play(other).status == 403


def test_a_signed_url_is_of_one_file(video_app):
    video = video_app.add()
    video_app.entitle()
    answer = video_app.play(video, delivery="url")
    url = urlsplit(answer.json["url"])
    assert url.path == f"/content/{video.id}/{video.folder}/video.mp4"
    assert parse_qs(url.query).keys() >= {"Expires", "Signature", "Key-Pair-Id"}
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "times", [None, (-100, -1), (1000, 2000), (-100, 0)], ids=["none", "lapsed", "in the future", "ends now"]
)
def test_without_a_valid_entitlement_there_is_no_link(video_app, times):
    video = video_app.add()
    if times:
        video_app.entitle(valid_from=now() + times[0], valid_until=now() + times[1])
    answer = video_app.play(video)
    assert answer.status == 403
    assert answer.json["type"].endswith(":not-entitled")
    assert video_app.items("plays") == []


def test_a_link_ends_with_the_entitlement(video_app):
    video = video_app.add()
    end = now() + 60
    video_app.entitle(valid_until=end)
    assert policy_of(video_app.play(video))["Condition"]["DateLessThan"]["AWS:EpochTime"] == end


@pytest.mark.parametrize("video_id", ["0" * 28, "x", "0" * 29, "%2e%2e"])
def test_an_unknown_video_is_not_found(video_app, video_id):
    video_app.entitle()
    assert video_app.call("POST", f"/videos/{video_id}/play", {"device": "phone-01"}).status == 404


def test_a_video_that_is_not_complete_is_not_found(video_app):
    video_app.entitle()
    video = video_app.add(status="uploading")
    assert video_app.play(video).status == 404
    assert video_app.call("GET", f"/videos/{video.id}", user=None).status == 404


def test_no_more_devices_than_allowed_watch_at_once(video_app):
    video = video_app.add()
    video_app.entitle()
    devices = ["phone-01", "tablet-1", "tv-00001", "laptop-1"]
    assert [video_app.play(video, device=device).status for device in devices] == [201, 201, 201, 429]
    refused = video_app.play(video, device="laptop-1")
    assert refused.json["type"].endswith(":watching-limit")
    assert int(refused.headers["retry-after"]) > 0
    assert video_app.play(video, device="phone-01").status == 201


def test_links_are_limited_by_the_hour(video_app):
    video = video_app.add()
    video_app.entitle()
    statuses = [video_app.play(video).status for _ in range(42)]
    assert statuses == [201] * 40 + [429] * 2


def test_the_limits_hold_for_requests_at_the_same_time(video_app):
    video = video_app.add()
    video_app.entitle()
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda number: video_app.play(video, device=f"device-{number}"), range(24)))
    statuses = [answer.status for answer in answers]
    assert statuses.count(201) == 3
    assert set(statuses) <= {201, 429, 503}


def test_the_address_comes_from_the_distribution_only(video_app):
    video = video_app.add()
    video_app.entitle()
    headers = {"X_Forwarded_For": "203.0.113.9, 192.0.2.7, 64.252.0.1"}
    body = {"device": "phone-01", "bindAddress": True}
    path = f"/videos/{video.id}/play"
    forged = video_app.call("POST", path, body, **headers)
    assert forged.status == 403
    assert forged.json["type"].endswith(":address-unknown")
    guessed = video_app.call("POST", path, body, **headers, x_distribution_secret=f"{EDGE_SECRET}x")
    assert guessed.status == 403
    bound = video_app.call("POST", path, body, **headers, x_distribution_secret=EDGE_SECRET)
    assert policy_of(bound)["Condition"]["IpAddress"]["AWS:SourceIp"].startswith("192.0.2.7")


def test_a_link_is_not_bound_to_an_ipv6_address(video_app):
    video = video_app.add()
    video_app.entitle()
    headers = {"X_Forwarded_For": "2001:db8::7, 64.252.0.1", "x_distribution_secret": EDGE_SECRET}
    answer = video_app.call("POST", f"/videos/{video.id}/play", {"device": "phone-01", "bindAddress": True}, **headers)
    assert answer.json["type"].endswith(":address-unknown")
