"""Watching: the catalogue is for everybody, content for those who have paid."""

import json
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urljoin

import pytest
import requests

from local_aws.testing import wait_until
from tests.apps import put_on_path
from tests.e2e.video.viewer import APP, Viewer, lines, now

put_on_path(APP)
from chalicelib.video.playback.cloudfront_signing import Signer  # noqa: E402 - the path is set before


@pytest.fixture
def vera(stage):
    """A subscriber."""
    return Viewer(stage, "vera")


@pytest.fixture
def bob(stage):
    """A user who has paid nothing."""
    return Viewer(stage, "bob")


@pytest.fixture
def video(vera):
    return vera.demo_videos()[0]


def code(answer):
    """The code of an error of CloudFront."""
    return answer.text.partition("<Code>")[2].partition("</Code>")[0]


def test_everybody_sees_the_catalogue_and_previews(vera):
    videos = vera.demo_videos()
    assert [video["title"] for video in videos] == ["Dusk", "Noon", "Dawn"]
    for video in videos:
        assert requests.get(video["url"]).json() == video
        assert requests.get(video["posterUrl"]).headers["content-type"] == "image/jpeg"
        assert requests.get(video["previewUrl"]).content[4:8] == b"ftyp"


def test_a_subscriber_watches_every_segment(vera, video):
    playlist_url = vera.play(video).json()["url"]
    playlist = vera.fetch(playlist_url)
    assert playlist.headers["content-type"] == "application/vnd.apple.mpegurl"
    for variant in lines(playlist.text):
        variant_url = urljoin(playlist_url, variant)
        for segment in lines(vera.fetch(variant_url).text):
            # The synchronisation byte of MPEG-2 transport streams.
            assert vera.fetch(urljoin(variant_url, segment)).content[:1] == b"G"


def test_content_is_refused_without_a_link_and_with_the_link_of_another_video(vera, video):
    url = vera.play(video).json()["url"]
    assert code(requests.get(url)) == "MissingKey"
    neighbour = vera.demo_videos()[1]
    other = Viewer(vera.stage, "vera", "other-device")
    other_url = other.play(neighbour).json()["url"]
    assert vera.fetch(other_url).status_code == 403
    assert other.fetch(url).status_code == 403


def test_browsers_keep_content_for_minutes_and_shared_caches_do_not(vera, video):
    url = vera.play(video).json()["url"]
    for _ in ("from the bucket", "from CloudFront's cache"):
        assert vera.fetch(url).headers["cache-control"] == "private, max-age=300"
    assert vera.fetch(url).headers["x-cache"] == "Hit from cloudfront"
    assert vera.fetch(url).headers["x-content-type-options"] == "nosniff"


def test_who_has_not_paid_is_refused(bob, video):
    answer = bob.play(video)
    assert answer.status_code == 403
    assert answer.json()["type"].endswith(":not-entitled")
    assert not answer.cookies


def test_a_signed_url_serves_ranges_of_one_file_and_of_no_other(vera, video):
    url = vera.play(video, delivery="url").json()["url"]
    part = requests.get(url, headers={"Range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, b"ftyp")
    for changed in (
        url.replace("video.mp4", "master.m3u8"),
        url.replace("Expires=1", "Expires=2"),
        url.replace("Signature=", "Signature=x"),
        url.partition("?")[0],
    ):
        assert requests.get(changed).status_code == 403


def test_a_link_is_dead_after_its_time(vera, video):
    url = vera.play(video, delivery="url").json()["url"].partition("?")[0]
    secret = vera.stage.outputs(APP)["SigningKeySecretArn"]
    ring = json.loads(vera.stage.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"])
    signer = Signer(ring["signing"]["key_id"], ring["signing"]["private_key"])
    assert requests.get(signer.signed_url(url, now() + 600)).status_code == 200
    assert code(requests.get(signer.signed_url(url, now() - 1))) == "AccessDenied"


@pytest.fixture
def short_links(stage):
    """Let the function behind the stage `preview` issue links of three seconds; the value restores it."""
    function, client = {"FunctionName": "video-local"}, stage.client("lambda")
    variables = client.get_function_configuration(**function)["Environment"]["Variables"]

    def issue_links_of(seconds):
        changed = variables if seconds is None else {**variables, "LINK_SECONDS": str(seconds)}
        client.update_function_configuration(**function, Environment={"Variables": changed})
        client.get_waiter("function_updated_v2").wait(**function, WaiterConfig={"Delay": 1})

    issue_links_of(3)
    yield lambda: issue_links_of(None)
    issue_links_of(None)


def test_a_viewer_watches_on_with_the_next_link_when_the_first_has_ended(vera, video, short_links):
    preview_url = vera.stage.document["apps"][APP]["preview_url"]
    behind_preview = {**video, "url": f"{preview_url}/videos/{video['id']}"}
    url = vera.play(behind_preview).json()["url"]
    wait_until(lambda: code(vera.fetch(url)) == "AccessDenied", "the first link has ended")
    short_links()
    assert vera.play(behind_preview).status_code == 201
    assert vera.fetch(url).status_code == 200


def test_an_account_watches_on_a_few_devices_at_once(stage, video):
    viewers = [Viewer(stage, "vera", f"limit-device-{number}") for number in range(8)]
    # Signed in before, so that the calls come at once.
    assert viewers[0].token
    with ThreadPoolExecutor(8) as threads:
        responses = list(threads.map(lambda viewer: viewer.play(video), viewers))
    assert [response.status_code for response in responses].count(201) <= 3
    refused = [response for response in responses if response.status_code == 429]
    assert refused
    assert int(refused[0].headers["retry-after"]) > 0


def test_a_hundred_calls_at_once_do_not_break_the_limits(stage, video):
    viewers = [Viewer(stage, "vera", f"limit-device-{number % 10}") for number in range(100)]
    # Signed in before, so that the calls come at once.
    assert viewers[0].token
    with ThreadPoolExecutor(20) as threads:
        responses = list(threads.map(lambda viewer: viewer.play(video), viewers))
    assert {response.status_code for response in responses} <= {201, 429, 503}
    answered = zip(viewers, responses, strict=True)
    devices = [viewer.device for viewer, response in answered if response.status_code == 201]
    assert 1 <= len(set(devices)) <= 3
    (item,) = stage.client("dynamodb").scan(TableName=stage.outputs(APP)["PlaysTableName"])["Items"]
    assert json.loads(item["data"]["S"])["links"] == len(devices)


def test_a_link_can_be_bound_to_the_viewers_address(vera, video):
    url = vera.play(video, delivery="url", bindAddress=True).json()["url"]
    assert requests.get(url).status_code == 200
    distribution = vera.stage.outputs(APP)["DistributionId"]
    configuration = vera.stage.client("cloudfront").get_distribution_config(Id=distribution)["DistributionConfig"]
    # A player that connects by IPv6 could not use the link.
    assert configuration["IsIPV6Enabled"] is False


def test_an_address_is_not_believed_around_the_distribution(vera, video):
    preview_url = vera.stage.document["apps"][APP]["preview_url"]
    direct = {**video, "url": f"{preview_url}/videos/{video['id']}"}
    forged = {"X-Forwarded-For": "192.0.2.7, 192.0.2.8", "CloudFront-Viewer-Address": "192.0.2.7:443"}
    answer = vera.play(direct, headers=forged, bindAddress=True)
    assert answer.json()["type"].endswith(":address-unknown")
    assert vera.play(direct, headers=forged | {"x-distribution-secret": "guessed"}, bindAddress=True).status_code == 403


def test_nobody_reaches_the_bucket_around_cloudfront(vera, video):
    path = vera.play(video).json()["url"].removeprefix(vera.site_url)
    bucket = vera.stage.outputs(APP)["ContentBucketName"]
    endpoint = vera.stage.document["endpoint_url"]
    port = endpoint.rpartition(":")[2]
    assert requests.get(f"{endpoint}/{bucket}{path}").status_code == 403
    for host in (
        f"{bucket}.s3.amazonaws.com",
        f"{bucket}.s3-website-us-east-1.amazonaws.com",
        f"{bucket}.s3.localhost",
    ):
        answer = requests.get(f"{endpoint}{path}", headers={"Host": f"{host}:{port}"})
        assert answer.status_code in (403, 404), host
        assert b"#EXTM3U" not in answer.content, host


def test_every_link_is_recorded(vera, video):
    vera.play(video)
    table = vera.stage.outputs(APP)["PlayRecordsTableName"]
    dynamodb = vera.stage.client("dynamodb")

    def records():
        return [json.loads(item["data"]["S"]) for item in dynamodb.scan(TableName=table)["Items"]]

    def is_recorded():
        return any(one["device"] == vera.device and one["video_id"] == video["id"] for one in records())

    wait_until(is_recorded, "the link is recorded")


def test_keys_are_rotated_while_somebody_watches(vera, video):
    url = vera.play(video).json()["url"]
    old_cookies = dict(vera.cookies)
    assert vera.stage.deploy("task", APP, "rotate_keys").returncode == 0
    assert vera.fetch(url).status_code == 200
    done = vera.stage.deploy("task", APP, "retire_key")
    assert done.returncode == 0, done.stderr
    assert code(Viewer(vera.stage, "vera", cookies=old_cookies).fetch(url)) == "InvalidKey"
    # Another deployment does not bring the key back.
    assert vera.stage.deploy("up", "--app", APP).returncode == 0
    assert code(Viewer(vera.stage, "vera", cookies=old_cookies).fetch(url)) == "InvalidKey"
