"""https://docs.aws.amazon.com/ses/latest/dg/sending-email-suppression-list.html."""

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from local_aws.testing import EmbeddedAws
from local_aws.tests.mail import send, sender, unique
from local_aws.tests.test_ses_events import Set, kinds


@pytest.fixture(scope="module")
def source(aws):
    return sender(aws)


def bounce_of(events):
    return next(event["bounce"] for event in events if event["eventType"] == "Bounce")


def test_addresses_are_put_read_listed_and_deleted(aws):
    ses, address = aws.client("sesv2"), f"{unique()}+tag@Example.net"
    with pytest.raises(ses.exceptions.NotFoundException):
        ses.get_suppressed_destination(EmailAddress=address)
    ses.put_suppressed_destination(EmailAddress=address, Reason="BOUNCE")
    ses.put_suppressed_destination(EmailAddress=address, Reason="COMPLAINT")
    found = ses.get_suppressed_destination(EmailAddress=address)["SuppressedDestination"]
    assert (found["EmailAddress"], found["Reason"]) == (address, "COMPLAINT")
    assert abs(found["LastUpdateTime"] - datetime.now(UTC)) < timedelta(minutes=1)

    def listed(**options):
        pages = [ses.list_suppressed_destinations(PageSize=1, **options)]
        while token := pages[-1].get("NextToken"):
            pages.append(ses.list_suppressed_destinations(PageSize=1, NextToken=token, **options))
        return [each["EmailAddress"] for page in pages for each in page["SuppressedDestinationSummaries"]]

    ses.put_suppressed_destination(EmailAddress="other@example.net", Reason="BOUNCE")
    assert {address, "other@example.net"} <= set(listed())
    assert address in listed(Reasons=["COMPLAINT"])
    assert address not in listed(Reasons=["BOUNCE"])
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    assert listed(StartDate=tomorrow) == []
    assert address in listed(EndDate=tomorrow)
    ses.delete_suppressed_destination(EmailAddress=address)
    ses.delete_suppressed_destination(EmailAddress="other@example.net")
    with pytest.raises(ses.exceptions.NotFoundException):
        ses.delete_suppressed_destination(EmailAddress=address)


@pytest.mark.parametrize(("address", "reason"), [("not an address", "BOUNCE"), ("a@example.net", "OTHER")])
def test_what_cannot_be_put(aws, address, reason):
    with pytest.raises(ClientError) as caught:
        aws.client("sesv2").put_suppressed_destination(EmailAddress=address, Reason=reason)
    assert caught.value.response["Error"]["Code"] == "BadRequestException"


def test_a_suppressed_address_gets_nothing_and_is_reported(aws, source):
    configured, address = Set(aws), f"{unique()}@example.net"
    ses = aws.client("sesv2")
    ses.put_suppressed_destination(EmailAddress=address, Reason="BOUNCE")
    events = configured.events_of(source, address.upper(), 2)
    assert kinds(events) == ["Bounce", "Send"]
    assert bounce_of(events)["bounceSubType"] == "OnAccountSuppressionList"
    assert aws.mails(address) == []
    ses.put_suppressed_destination(EmailAddress=address, Reason="COMPLAINT")
    events = configured.events_of(source, address, 2)
    (complaint,) = (event["complaint"] for event in events if event["eventType"] == "Complaint")
    assert complaint["complaintSubType"] == "OnAccountSuppressionList"
    ses.delete_suppressed_destination(EmailAddress=address)
    assert kinds(configured.events_of(source, address, 2)) == ["Delivery", "Send"]
    assert len(aws.mails(address)) == 1


def test_what_bounces_for_good_is_put_there(aws, source):
    configured, address = Set(aws), f"{unique()}@nowhere.invalid"
    first = bounce_of(configured.events_of(source, address, 2))
    assert first["bounceSubType"] == "General"
    found = aws.client("sesv2").get_suppressed_destination(EmailAddress=address)["SuppressedDestination"]
    assert (found["Reason"], found["Attributes"]["FeedbackId"]) == ("BOUNCE", first["feedbackId"])
    assert bounce_of(configured.events_of(source, address, 2))["bounceSubType"] == "OnAccountSuppressionList"


def test_a_configuration_set_overrides_the_account(aws, source):
    configured, address = Set(aws), f"{unique()}@example.net"
    ses = aws.client("sesv2")
    ses.put_suppressed_destination(EmailAddress=address, Reason="BOUNCE")
    ses.put_configuration_set_suppression_options(ConfigurationSetName=configured.name, SuppressedReasons=["COMPLAINT"])
    assert kinds(configured.events_of(source, address, 2)) == ["Delivery", "Send"]
    ses.put_configuration_set_suppression_options(ConfigurationSetName=configured.name, SuppressedReasons=["BOUNCE"])
    assert kinds(configured.events_of(source, address, 2)) == ["Bounce", "Send"]


def test_the_accounts_settings_and_list_outlive_a_restart(tmp_path):
    aws = EmbeddedAws(tmp_path).start()
    try:
        ses = aws.client("sesv2")
        assert sorted(ses.get_account()["SuppressionAttributes"]["SuppressedReasons"]) == ["BOUNCE", "COMPLAINT"]
        source, address = sender(aws), f"{unique()}@example.net"
        ses.put_suppressed_destination(EmailAddress=address, Reason="BOUNCE")
        ses.put_account_suppression_attributes(SuppressedReasons=["COMPLAINT"])
        aws.restart()
        assert ses.get_account()["SuppressionAttributes"]["SuppressedReasons"] == ["COMPLAINT"]
        assert ses.get_suppressed_destination(EmailAddress=address)
        send(aws, source, address)
        assert len(aws.mails(address)) == 1
    finally:
        aws.stop()
