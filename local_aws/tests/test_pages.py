"""The embedded AWS's own pages: the status and the mailbox."""

import http.client
import json
import re
from html.parser import HTMLParser
from urllib.parse import quote

import pytest

PASSWORD = "Correct-horse-7"


def get(aws, path, host=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", aws.port)
    try:
        connection.request("GET", path, headers={"host": host or f"localhost:{aws.port}", **headers})
        response = connection.getresponse()
        return response.status, response.getheader("content-type"), response.read().decode()
    finally:
        connection.close()


def send(aws, to, subject, text):
    ses = aws.client("sesv2")
    ses.create_email_identity(EmailIdentity="sender@example.com")
    ses.send_email(
        FromEmailAddress="sender@example.com",
        Destination={"ToAddresses": [to]},
        Content={"Simple": {"Subject": {"Data": subject}, "Body": {"Text": {"Data": text}}}},
    )


def test_the_status_page_names_the_endpoint(aws):
    status, kind, page = get(aws, "/")
    assert (status, kind) == (200, "text/html; charset=utf-8")
    assert aws.endpoint_url in page
    assert "/mailbox" in page


def test_signed_requests_to_the_same_paths_go_to_s3(aws):
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="mailbox")
    assert "mailbox" in {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    assert s3.list_objects_v2(Bucket="mailbox")["KeyCount"] == 0


def test_mails_are_listed_newest_first_and_escaped(aws):
    send(aws, "reader@example.com", "first", "hello")
    send(aws, "reader@example.com", "<script>second</script>", "1 < 2 & 'so on'")
    page = get(aws, "/mailbox", accept="text/html,*/*")[2]
    assert page.index("second") < page.index("first")
    assert "<script>" not in page
    assert "1 &lt; 2 &amp; &#x27;so on&#x27;" in page


def test_mails_to_one_address_as_json(aws):
    send(aws, "Only+me@example.com", "for me", "text")
    send(aws, "other@example.com", "not for me", "text")
    status, kind, body = get(aws, f"/mailbox.json?to={quote('only+me@example.com')}")
    assert (status, kind) == (200, "application/json")
    assert [(mail["subject"], mail["text"], mail["to"]) for mail in json.loads(body)] == [
        ("for me", "text", ["Only+me@example.com"])
    ]
    assert get(aws, f"/mailbox?to={quote('only+me@example.com')}", accept="*/*")[2] == body
    assert aws.mails("nobody@example.com") == []


def test_the_mailbox_has_cognitos_confirmation_code(aws):
    cognito = aws.client("cognito-idp")
    pool = cognito.create_user_pool(PoolName="mail", AutoVerifiedAttributes=["email"])["UserPool"]["Id"]
    app = cognito.create_user_pool_client(UserPoolId=pool, ClientName="web")["UserPoolClient"]["ClientId"]
    attributes = [{"Name": "email", "Value": "signer@example.com"}]
    cognito.sign_up(ClientId=app, Username="signer", Password=PASSWORD, UserAttributes=attributes)
    mail = aws.mails("signer@example.com")[0]
    code = re.search(r"\b\d{6}\b", mail["text"] or mail["html"])[0]
    cognito.confirm_sign_up(ClientId=app, Username="signer", ConfirmationCode=code)
    assert cognito.admin_get_user(UserPoolId=pool, Username="signer")["UserStatus"] == "CONFIRMED"


@pytest.mark.parametrize("path", ["/", "/mailbox", "/mailbox.json"])
def test_other_names_that_resolve_to_this_machine_get_no_page(aws, path):
    assert "html" not in (get(aws, path, host="rebound.example")[1] or "")
    assert "[" not in get(aws, path, host="rebound.example")[2][:1]


ROOT = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0"


def list_tables(aws, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", aws.port)
    try:
        fixed = {"x-amz-target": "DynamoDB_20120810.ListTables", "content-type": "application/x-amz-json-1.0"}
        connection.request("POST", "/", "{}", {"authorization": ROOT, **fixed, **headers})
        return connection.getresponse().status
    finally:
        connection.close()


def test_a_page_of_another_site_cannot_use_the_root_key(aws):
    assert list_tables(aws) == 200
    assert list_tables(aws, origin=f"http://localhost:{aws.port}") == 200
    assert list_tables(aws, origin="https://evil.example") == 403
    assert list_tables(aws, origin="null") == 403
    assert list_tables(aws, host="rebound.example") == 403
    assert (
        list_tables(aws, authorization=ROOT.replace("=test/", "=000000000000/"), origin="https://evil.example") == 403
    )


def test_a_page_of_another_site_cannot_use_a_url_that_the_root_key_signed(aws):
    cross_site = {"sec-fetch-site": "cross-site"}
    for name in ("X-Amz-Credential", "x-amz-credential", "AWSAccessKeyId"):
        status, _, body = get(aws, f"/?{name}=test%2F20260101%2Fus-east-1%2Fs3%2Faws4_request", **cross_site)
        assert (status, "root key" in body) == (403, True), name


class Frames(HTMLParser):
    """The frames of a page, and its own scripts and images."""

    def __init__(self, page):
        super().__init__()
        self.frames, self.loads = [], []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        if tag == "iframe":
            self.frames.append(dict(attributes))
        elif tag in ("script", "img", "link", "object", "embed"):
            self.loads.append(tag)


HOSTILE = """'"></iframe><script>alert(1)</script><img src="https://tracker.example/x.png" onerror="alert(2)">
<a href="https://blog.example/confirm?a=1&amp;b=2">confirm</a>"""


def test_html_is_shown_in_a_frame_that_runs_no_scripts_and_loads_no_resources(aws):
    aws.client("sesv2").create_email_identity(EmailIdentity="html@example.com")
    aws.client("sesv2").send_email(
        FromEmailAddress="html@example.com",
        Destination={"ToAddresses": ["framed@example.com"]},
        Content={
            "Simple": {
                "Subject": {"Data": "<img src=x>"},
                "Body": {"Html": {"Data": HOSTILE}, "Text": {"Data": "see https://blog.example/a?b=1&c=2."}},
                "Headers": [{"Name": "List-Unsubscribe", "Value": "<https://blog.example/u?t='\"<script>>"}],
            }
        },
    )
    connection = http.client.HTTPConnection("127.0.0.1", aws.port)
    connection.request("GET", "/mailbox?to=framed@example.com", headers={"accept": "text/html"})
    response = connection.getresponse()
    page = response.read().decode()
    connection.close()
    found = Frames(page)
    (frame,) = found.frames
    assert found.loads == []
    assert HOSTILE in frame["srcdoc"]
    assert set(frame["sandbox"].split()) == {"allow-popups", "allow-popups-to-escape-sandbox"}
    # What a srcdoc frame inherits.
    assert response.getheader("content-security-policy").startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert "href='https://blog.example/a?b=1&amp;c=2' target='_blank'" in page
    assert "List-Unsubscribe" in page
