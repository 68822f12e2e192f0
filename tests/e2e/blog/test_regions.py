"""Two regions: both serve readers, one takes the writes, and either can be down."""

import secrets
from contextlib import contextmanager

import pytest
import requests

from local_aws.testing import wait_until
from tests.e2e.blog.people import APP, Author
from tests.e2e.blog.photo_files import jpeg

HOME, OTHER = "us-east-1", "us-west-2"
HOUR_MS = 3_600_000


@pytest.fixture(scope="module")
def author(stage):
    return Author(stage)


@pytest.fixture(autouse=True)
def as_it_was(stage, author):
    """Remove all faults, set the default lag, and move home back."""
    yield
    requests.delete(f"{stage.document['endpoint_url']}/_quartet/faults")
    set_lag(stage, 500)
    if any(home(stage, region) != HOME for region in (HOME, OTHER)):
        assert move_home(stage, HOME).returncode == 0


def set_lag(stage, milliseconds):
    url = f"{stage.document['endpoint_url']}/_quartet/replication"
    assert requests.put(url, json={"lag_ms": milliseconds}).ok


@contextmanager
def away(stage, region):
    quartet = f"{stage.document['endpoint_url']}/_quartet"
    response = requests.post(f"{quartet}/faults", json={"action": "unreachable", "region": region})
    assert response.ok, response.text
    yield
    requests.delete(f"{quartet}/faults")


def home(stage, region):
    """The home region, as one region's table names it."""
    key, table = {"pk": {"S": "home"}, "sk": {"S": "home"}}, stage.outputs(APP)["TableName"]
    item = client(stage, "dynamodb", region).get_item(TableName=table, Key=key).get("Item", {})
    return item.get("region", {"S": HOME})["S"]


def move_home(stage, region):
    return stage.deploy("task", "--region", region, APP, "move_home")


def client(stage, service, region):
    return stage.client(service, region=region)


def objects(stage, kind, region):
    names = stage.outputs(APP)
    bucket = names[f"{kind}BucketName"].replace(HOME, region)
    found = client(stage, "s3", region).list_objects_v2(Bucket=bucket).get("Contents", [])
    return {item["Key"]: item["ETag"] for item in found}


def uploaded(author):
    photo = author.call("POST", "/author/photos", {"fileName": "a.jpg", "contentType": "image/jpeg"}).json()
    form = photo["upload"]
    assert requests.post(form["url"], form["fields"], files={"file": jpeg((400, 300))}).status_code == 204
    return wait_until(lambda: author.call("GET", photo["url"]).json(), until=lambda found: found["status"] == "ready")


def runs(stage, region):
    """How often the region's function `welcome` has run."""
    pages = client(stage, "logs", region).get_paginator("filter_log_events")
    found = pages.paginate(logGroupName="/aws/lambda/blog-local-welcome")
    return sum(event["message"].startswith("REPORT") for page in found for event in page["events"])


def all_was_read(stage, author):
    """Wait until both regions' functions have read all records that are in their streams now.

    A shard is read by one run after the other, so the second of two that end from now on has begun from now on.
    """
    for region in (HOME, OTHER):
        for _ in range(2):
            before = runs(stage, region)
            address = f"after-{secrets.token_hex(6)}@example.com"
            assert author.ask("POST", "/subscribers", json={"address": address}).status_code == 202
            wait_until(lambda region=region, before=before: runs(stage, region) > before)


def is_subscribed(stage, address, region):
    table = stage.outputs(APP)["SubscriberTableName"]
    items = client(stage, "dynamodb", region).scan(TableName=table)["Items"]
    return any(f'"{address}"' in item.get("data", {}).get("S", "") for item in items)


def test_each_region_has_every_page_and_every_photo(stage, author):
    photo = uploaded(author)
    post = author.publish("Both sides", bodyMarkdown=f"![A]({'photo:' + photo['id']})")
    key = f"posts/{post['slug']}/index.html"
    wait_until(lambda: key in objects(stage, "Site", OTHER))
    made = {one["url"].partition("/media/")[2] for one in photo["renditions"]}
    wait_until(lambda: {f"media/{name}" for name in made} <= set(objects(stage, "Media", OTHER)))
    wait_until(lambda: objects(stage, "Site", HOME) == objects(stage, "Site", OTHER))
    assert author.call("DELETE", photo["url"]).status_code == 204
    wait_until(lambda: not any(photo["id"] in key for key in objects(stage, "Media", OTHER)))


def test_a_page_appears_in_the_other_region_after_the_replication(stage, author):
    set_lag(stage, HOUR_MS)
    post = author.publish("On its way")
    key = f"posts/{post['slug']}/index.html"
    wait_until(lambda: key in objects(stage, "Site", HOME))
    assert key not in objects(stage, "Site", OTHER)
    set_lag(stage, 0)
    wait_until(lambda: key in objects(stage, "Site", OTHER))


def test_without_the_home_region_reading_works_and_writing_is_refused(stage, author):
    photo = uploaded(author)
    post = author.publish("Still here", bodyMarkdown=f"![A]({'photo:' + photo['id']}) heronwords", tags=["away"])
    wait_until(lambda: f"posts/{post['slug']}/index.html" in objects(stage, "Site", OTHER))
    wait_until(lambda: any(photo["id"] in key for key in objects(stage, "Media", OTHER)))
    first = author.ask("GET", "/posts?limit=1").links["next"]["url"]
    token = author.token
    with away(stage, HOME):
        # Nobody has asked for these, so the edge has none of them.
        for path in (f"/posts/{post['slug']}/", "/tags/away/", "/tags/", "/sitemap.xml"):
            assert author.page(path).status_code == 200, path
        assert author.page(photo["renditions"][0]["url"].removeprefix(author.site_url)).status_code == 200
        assert author.ask("GET", "/posts?limit=3").status_code == 200
        # Where a reader was in a list, the other region knows too.
        assert author.ask("GET", first).status_code == 200
        assert author.ask("GET", f"/posts/{post['slug']}").status_code == 200
        assert author.ask("GET", "/search?q=heronwords").json()[0]["slug"] == post["slug"]
        for method, path, body in [("POST", "/author/posts", {"title": "x"}), ("POST", "/subscribers", {})]:
            for accept, content_type in (
                ("application/json", "application/problem+json"),
                ("text/html,*/*", "text/html; charset=utf-8"),
            ):
                response = author.ask(method, path, json=body, headers={"Authorization": token, "Accept": accept})
                assert (response.status_code, response.headers["Content-Type"]) == (503, content_type)
                assert int(response.headers["Retry-After"]) > 0
                assert "The region that stores changes does not respond" in response.text


def test_the_api_of_a_region_that_is_not_home_refuses_to_write(stage):
    apis = client(stage, "apigateway", OTHER).get_rest_apis()["items"]
    (api,) = [api["id"] for api in apis if api["name"] == "blog"]
    url = f"{stage.document['endpoint_url']}/restapis/{api}/api/_user_request_/subscribers"
    response = requests.post(url, json={"address": "nobody@example.com"})
    assert response.status_code == 503
    assert response.json()["type"].endswith("home-elsewhere")
    assert "Retry-After" in response.headers


def test_an_address_gets_one_welcome_mail_from_all_regions(stage, author):
    assert author.ask("POST", "/subscribers", json={"address": "world@example.com"}).status_code == 202
    wait_until(lambda: author.mails("world@example.com"))
    wait_until(lambda: is_subscribed(stage, "world@example.com", OTHER))
    all_was_read(stage, author)
    assert len(author.mails("world@example.com")) == 1


def test_home_moves_during_an_outage_and_back_and_nothing_is_lost_or_sent_twice(stage, author):
    photo = uploaded(author)
    before = author.publish("Before the move")
    wait_until(lambda: f"posts/{before['slug']}/index.html" in objects(stage, "Site", OTHER))
    with away(stage, HOME):
        moved = move_home(stage, OTHER)
        assert moved.returncode == 0, moved.stderr
        assert "cannot be reached" in moved.stdout
        assert author.ask("POST", "/subscribers", json={"address": "moved@example.com"}).status_code == 202
        wait_until(lambda: author.mails("moved@example.com"))
    # It is back, and learns that it is not home any more.
    wait_until(lambda: home(stage, HOME), until=lambda region: region == OTHER)
    # The author signs in where home is now.
    there = Author(stage)
    token = there_token(stage)
    response = there.ask("POST", "/author/posts", json={"title": "From there"}, headers={"Authorization": token})
    assert response.status_code == 201, response.text
    # What was made in one region and is deleted in the other is gone from both.
    url = photo["url"].removeprefix(there.api_url)
    assert there.ask("DELETE", url, headers={"Authorization": token}).status_code == 204
    for region in (HOME, OTHER):
        wait_until(lambda region=region: not any(photo["id"] in key for key in objects(stage, "Media", region)))
        wait_until(lambda region=region: not any(photo["id"] in key for key in objects(stage, "Uploads", region)))
    back = move_home(stage, HOME)
    assert back.returncode == 0, back.stderr
    response = author.call("GET", response.json()["url"])
    assert response.status_code == 200
    assert author.call("POST", "/author/posts", {"title": "Home again"}).status_code == 201
    wait_until(lambda: is_subscribed(stage, "moved@example.com", HOME))
    all_was_read(stage, author)
    assert len(author.mails("moved@example.com")) == 1


def test_writes_just_before_home_moves_arrive_before_the_new_home_takes_writes(stage, author):
    set_lag(stage, HOUR_MS)
    author.write("Just in time", slug="just-in-time")
    moving = stage.begin("task", "--region", OTHER, APP, "move_home")
    # The former home takes no more, and what it had taken is still on its way.
    wait_until(lambda: author.call("POST", "/author/posts", {"title": "Too late"}).status_code == 503)
    assert moving.poll() is None
    set_lag(stage, 0)
    assert moving.wait() == 0
    body, headers = {"title": "Again", "slug": "just-in-time"}, {"Authorization": there_token(stage)}
    assert author.ask("POST", "/author/posts", json=body, headers=headers).status_code == 409


def there_token(stage):
    done = stage.deploy("token", "--region", OTHER, "--app", APP, "--user", "ada")
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_mail_that_the_former_home_had_not_sent_is_sent_by_the_new_one(stage, author):
    quartet = f"{stage.document['endpoint_url']}/_quartet"
    fault = {"service": "sesv2", "operation": "SendEmail", "action": "throttle", "region": HOME}
    requests.post(f"{quartet}/faults", json=fault)
    assert author.ask("POST", "/subscribers", json={"address": "owed@example.com"}).status_code == 202
    wait_until(lambda: is_subscribed(stage, "owed@example.com", OTHER))
    assert author.mails("owed@example.com") == []
    moved = move_home(stage, OTHER)
    assert moved.returncode == 0, moved.stderr
    assert "welcome mails that were not sent" in moved.stdout
    wait_until(lambda: author.mails("owed@example.com"))
    requests.delete(f"{quartet}/faults")
    all_was_read(stage, author)
    assert len(author.mails("owed@example.com")) == 1
