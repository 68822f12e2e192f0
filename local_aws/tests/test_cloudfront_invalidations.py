"""Invalidations.

https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/invalidation-specifying-objects.html
"""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from local_aws.testing import wait_until
from local_aws.tests.distributions import Page, behavior, cache_policy, custom, distribution, result
from local_aws.tests.iam_principals import User, policy, refused, statement


@pytest.fixture(scope="module")
def edge(aws, origin):
    policy = cache_policy(aws, query="all", headers=["X-Language"])
    return distribution(aws, [custom(origin.port)], behavior(policy), DefaultRootObject="index.html")


@pytest.fixture
def cached(edge, origin):
    """Put paths into the cache; returns a function that tells which of them are still cached."""

    def cached(*paths):
        for path in paths:
            origin.pages[path.partition("?")[0]] = Page(headers={"Cache-Control": "max-age=3600"})
            edge.get(path)
        return lambda: [path for path in paths if result(edge.get(path)) == "Hit"]

    return cached


def test_exactly_the_named_paths_are_invalidated(edge, cached):
    still = cached("/a/one", "/a/One", "/a/one/", "/a/one.html", "/a/two")
    edge.invalidate("/a/one", "/a/two")
    assert still() == ["/a/One", "/a/one/", "/a/one.html"]


def test_a_star_at_the_end_stands_for_any_characters(edge, cached):
    still = cached("/b/one", "/b/two/three", "/b", "/bb", "/b?x=1")
    edge.invalidate("/b/*")
    assert still() == ["/b", "/bb", "/b?x=1"]
    edge.invalidate("/b*")
    assert cached("/c")() == ["/c"]


def test_a_slash_and_a_star_invalidate_everything(edge, cached):
    still = cached("/d", "/e")
    edge.invalidate("/*")
    assert still() == []


def test_a_path_names_its_query_and_covers_all_header_values(edge, origin, cached):
    still = cached("/q", "/q?page=1", "/q?page=2")
    edge.invalidate("/q", "/q?page=2")
    assert still() == ["/q?page=1"]
    origin.pages["/h"] = Page(headers={"Cache-Control": "max-age=3600"})
    for language in ("de", "en"):
        edge.get("/h", {"X-Language": language})
    edge.invalidate("/h")
    assert [result(edge.get("/h", {"X-Language": language})) for language in ("de", "en")] == ["Miss", "Miss"]


@pytest.mark.parametrize("path", ["/", "/index.html"])
def test_the_default_root_object(edge, origin, path):
    origin.pages["/index.html"] = Page(headers={"Cache-Control": "max-age=3600"})
    edge.get("/")
    assert result(edge.get("/")) == "Hit"
    edge.invalidate(path)
    assert result(edge.get("/")) == "Miss"


def test_a_cached_error_is_invalidated_by_the_viewers_path(edge, origin):
    assert edge.get("/later").status == 404
    origin.pages["/later"] = Page(b"now")
    assert edge.get("/later").status == 404
    edge.invalidate("/later")
    assert edge.get("/later").body == b"now"


def test_a_response_that_was_being_fetched_meanwhile_is_not_cached(edge, origin):
    gate = threading.Event()
    headers = {"Cache-Control": "max-age=3600"}
    origin.pages["/racing"] = Page(b"old", headers=headers, gate=gate)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(edge.get, "/racing")
        wait_until(lambda: origin.asked_for("/racing"), "the origin is asked")
        edge.invalidate("/racing")
        origin.pages["/racing"] = Page(b"new", headers=headers)
        assert edge.get("/racing").body == b"new"
        gate.set()
        assert waiting.result().body == b"old"
    assert edge.get("/racing").body == b"new"


def test_an_invalidation_can_be_read_and_its_reference_is_used_once(aws, edge, cached):
    made = edge.invalidate("/once", reference="the-same")
    read = aws.client("cloudfront").get_invalidation(DistributionId=edge.id, Id=made["Id"])["Invalidation"]
    assert read["Status"] == "Completed"
    assert read["InvalidationBatch"]["Paths"]["Items"] == ["/once"]
    still = cached("/once")
    assert edge.invalidate("/once", reference="the-same")["Id"] == made["Id"]
    assert still() == ["/once"]


def test_a_role_invalidates_only_the_distribution_that_it_may(aws, edge, origin):
    other = distribution(aws, [custom(origin.port)], behavior())
    client = User(aws, policy(statement("cloudfront:CreateInvalidation", edge.arn))).client("cloudfront")
    batch = {"Paths": {"Quantity": 1, "Items": ["/a"]}, "CallerReference": "a-users"}
    client.create_invalidation(DistributionId=edge.id, InvalidationBatch=batch)
    assert refused(client.create_invalidation, DistributionId=other.id, InvalidationBatch=batch)
    assert refused(client.get_invalidation, DistributionId=edge.id, Id="I1")


@pytest.mark.parametrize("path", ["a", "", "/a/*/b", "/ü", "/a b", "/" + "x" * 4_000])
def test_invalid_paths_are_refused(edge, path):
    with pytest.raises(ClientError, match="InvalidArgument"):
        edge.invalidate(path)


def test_a_batch_is_bounded_and_never_empty(edge):
    with pytest.raises(ClientError, match="BatchTooLarge"):
        edge.invalidate(*(f"/{number}" for number in range(3_001)))
    with pytest.raises(ClientError, match="InvalidArgument"):
        edge.invalidate()


def test_other_distributions_keep_their_objects(aws, edge, origin, cached):
    other = distribution(aws, [custom(origin.port)], behavior())
    still = cached("/theirs")
    other.invalidate("/*")
    assert still() == ["/theirs"]


def test_invalidations_of_an_unknown_distribution_are_refused(aws):
    client = aws.client("cloudfront")
    batch = {"Paths": {"Quantity": 1, "Items": ["/*"]}, "CallerReference": "x"}
    with pytest.raises(client.exceptions.NoSuchDistribution):
        client.create_invalidation(DistributionId="E000000000000", InvalidationBatch=batch)
