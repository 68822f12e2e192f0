"""The site's files reach the bucket once, pages last and never cached."""

import pytest

from deploy.progress import Progress
from deploy.steps.site import upload_site


@pytest.fixture
def site(app, aws):
    """A built web client and an empty bucket."""
    dist = app.folder / "web" / "dist"
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_text("<html>1</html>")
    (dist / "assets" / "index-B4x9_kLm.js").write_text("1")
    aws.client("s3").create_bucket(Bucket="site")
    return dist


def upload(app, aws):
    progress = Progress("tiny")
    upload_site(app, aws, {"SiteBucketName": "site"}, progress)
    return progress.changed


def test_hashed_files_are_cached_for_a_year_and_pages_revalidated(app, aws, site):
    assert upload(app, aws)
    asset = aws.client("s3").head_object(Bucket="site", Key="assets/index-B4x9_kLm.js")
    page = aws.client("s3").head_object(Bucket="site", Key="index.html")
    assert "immutable" in asset["CacheControl"]
    assert asset["ContentType"].endswith("javascript")
    assert page["CacheControl"] == "no-cache"
    assert page["ContentType"] == "text/html"


def test_only_what_differs_is_uploaded(app, aws, site):
    upload(app, aws)
    assert not upload(app, aws)
    (site / "index.html").write_text("<html>2</html>")
    assert upload(app, aws)
    assert aws.client("s3").get_object(Bucket="site", Key="index.html")["Body"].read() == b"<html>2</html>"


def test_a_file_whose_headers_have_changed_is_uploaded_again(app, aws, site):
    upload(app, aws)
    aws.client("s3").put_object(Bucket="site", Key="index.html", Body=b"<html>1</html>", CacheControl="max-age=60")
    assert upload(app, aws)
    assert aws.client("s3").head_object(Bucket="site", Key="index.html")["CacheControl"] == "no-cache"
    assert not upload(app, aws)


def test_without_a_web_client_nothing_is_uploaded(app, aws):
    assert not upload(app, aws)
