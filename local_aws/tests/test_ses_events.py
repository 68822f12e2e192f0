"""What SES reports for configuration sets.

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

import json

import pytest

from local_aws.tests.mail import SES, Topic, send, sender, simple, unique
from local_aws.tests.test_cloudformation import Stack

ALL = ["SEND", "DELIVERY", "BOUNCE", "COMPLAINT", "REJECT", "RENDERING_FAILURE"]
VALIDATED = "Successfully validated SNS topic for Amazon SES event publishing."


def destination_to(topic_arn, types=ALL, **more):
    return {"Enabled": True, "MatchingEventTypes": types, "SnsDestination": {"TopicArn": topic_arn}, **more}


class Set:
    """A configuration set that publishes to a topic of its own."""

    def __init__(self, aws, types=ALL):
        self.aws, self.name, self.topic = aws, unique("set-"), Topic(aws)
        ses = aws.client("sesv2")
        ses.create_configuration_set(ConfigurationSetName=self.name)
        ses.create_configuration_set_event_destination(
            ConfigurationSetName=self.name,
            EventDestinationName="all",
            EventDestination=destination_to(self.topic.arn, types),
        )
        (first,) = self.topic.take(1)
        assert json.loads(first)["Message"] == VALIDATED

    def events_of(self, source, to, count, **more):
        """Send one mail; returns its events."""
        message_id = send(self.aws, source, to, ConfigurationSetName=self.name, **more)
        found = self.topic.take_messages(count)
        assert {event["mail"]["messageId"] for event in found} == {message_id}
        return found


@pytest.fixture(scope="module")
def source(aws):
    return sender(aws)


@pytest.fixture(scope="module")
def configured(aws):
    return Set(aws)


def kinds(events):
    return sorted(event["eventType"] for event in events)


def test_a_delivered_mail_has_two_events(aws, source, configured):
    tags = [{"Name": "kind", "Value": "welcome"}]
    headers = simple(Headers=[{"Name": "X-Post", "Value": "1"}])
    events = configured.events_of(f"Blog <{source}>", "reader@example.net", 2, content=headers, EmailTags=tags)
    sent, delivered = sorted(events, key=lambda event: event["eventType"], reverse=True)
    assert (sent["eventType"], sent["send"]) == ("Send", {})
    mail = sent["mail"]
    assert mail["source"] == f"Blog <{source}>"
    assert mail["sourceArn"] == f"arn:aws:ses:us-east-1:000000000000:identity/{source}"
    assert (mail["sendingAccountId"], mail["destination"]) == ("000000000000", ["reader@example.net"])
    assert mail["headersTruncated"] is False
    assert {"name": "X-Post", "value": "1"} in mail["headers"]
    assert mail["commonHeaders"] == {
        "from": [f"Blog <{source}>"],
        "to": ["reader@example.net"],
        "subject": "a subject",
        "messageId": mail["messageId"],
    }
    assert mail["tags"]["kind"] == ["welcome"]
    assert mail["tags"]["ses:configuration-set"] == [configured.name]
    assert mail["tags"]["ses:from-domain"] == ["example.com"]
    assert delivered["eventType"] == "Delivery"
    assert delivered["delivery"]["recipients"] == ["reader@example.net"]
    assert {"timestamp", "processingTimeMillis", "smtpResponse", "reportingMTA"} <= set(delivered["delivery"])


@pytest.mark.parametrize(
    ("local", "expected"),
    [
        ("success", ["Delivery", "Send"]),
        ("ooto", ["Delivery", "Send"]),
        ("bounce", ["Bounce", "Send"]),
        ("bounce+a-label", ["Bounce", "Send"]),
        ("complaint", ["Complaint", "Delivery", "Send"]),
        ("suppressionlist", ["Bounce", "Send"]),
    ],
)
def test_the_mailbox_simulators_addresses_have_their_events(aws, source, configured, local, expected):
    to = f"{local}@simulator.amazonses.com"
    events = configured.events_of(source, to, len(expected))
    assert kinds(events) == expected
    arrived = "Bounce" not in expected
    assert bool([mail for mail in aws.mails(to) if mail["id"] == events[0]["mail"]["messageId"]]) is arrived


def test_the_details_of_a_bounce_and_a_complaint(aws, source, configured):
    events = configured.events_of(source, "bounce@simulator.amazonses.com", 2)
    (bounce,) = (event["bounce"] for event in events if event["eventType"] == "Bounce")
    assert (bounce["bounceType"], bounce["bounceSubType"]) == ("Permanent", "General")
    (recipient,) = bounce["bouncedRecipients"]
    assert recipient["emailAddress"] == "bounce@simulator.amazonses.com"
    assert (recipient["action"], recipient["status"]) == ("failed", "5.1.1")
    assert bounce["feedbackId"]
    events = configured.events_of(source, "complaint@simulator.amazonses.com", 3)
    (complaint,) = (event["complaint"] for event in events if event["eventType"] == "Complaint")
    assert complaint["complainedRecipients"] == [{"emailAddress": "complaint@simulator.amazonses.com"}]
    assert (complaint["complaintSubType"], complaint["complaintFeedbackType"]) == (None, "abuse")


def test_a_domain_that_does_not_exist_bounces(aws, source, configured):
    address = f"{unique()}@nowhere.invalid"
    for _ in range(2):
        events = configured.events_of(source, address, 2)
        (bounce,) = (event["bounce"] for event in events if event["eventType"] == "Bounce")
        assert bounce["bounceSubType"] == "General"
    assert aws.mails(address) == []


def test_each_recipient_has_its_own_outcome(aws, source, configured):
    to = ["bounce@simulator.amazonses.com", f"{unique()}@example.net"]
    events = configured.events_of(source, to, 3)
    assert kinds(events) == ["Bounce", "Delivery", "Send"]
    (mail,) = aws.mails(to[1])
    assert list(mail["undelivered"]) == to[:1]


def test_a_destination_gets_only_its_event_types_and_only_while_enabled(aws, source):
    configured = Set(aws, ["BOUNCE"])
    assert kinds(configured.events_of(source, "bounce@simulator.amazonses.com", 1)) == ["Bounce"]
    aws.client("sesv2").update_configuration_set_event_destination(
        ConfigurationSetName=configured.name,
        EventDestinationName="all",
        EventDestination=destination_to(configured.topic.arn, Enabled=False),
    )
    send(aws, source, "bounce@simulator.amazonses.com", ConfigurationSetName=configured.name)
    # The message that every change of a destination brings, and nothing else.
    assert json.loads(configured.topic.take(1)[0])["Message"] == VALIDATED


def test_a_topic_must_let_ses_publish_for_this_set(aws):
    ses, topic, name = aws.client("sesv2"), Topic(aws), unique("set-")
    ses.create_configuration_set(ConfigurationSetName=name)

    def create():
        ses.create_configuration_set_event_destination(
            ConfigurationSetName=name, EventDestinationName="all", EventDestination=destination_to(topic.arn)
        )

    topic.allow(SES, **{"AWS:SourceArn": "arn:aws:ses:us-east-1:000000000000:configuration-set/another"})
    with pytest.raises(ses.exceptions.BadRequestException):
        create()
    topic.allow("s3.amazonaws.com")
    with pytest.raises(ses.exceptions.BadRequestException):
        create()
    assert "EventDestinations" not in ses.get_configuration_set_event_destinations(ConfigurationSetName=name)
    arn = f"arn:aws:ses:us-east-1:000000000000:configuration-set/{name}"
    topic.allow(SES, **{"AWS:SourceArn": arn, "AWS:SourceAccount": "000000000000"})
    create()
    assert json.loads(topic.take(1)[0])["Message"] == VALIDATED
    with pytest.raises(ses.exceptions.BadRequestException):
        ses.update_configuration_set_event_destination(
            ConfigurationSetName=name,
            EventDestinationName="all",
            EventDestination=destination_to(f"{topic.arn}-missing"),
        )
    (kept,) = ses.get_configuration_set_event_destinations(ConfigurationSetName=name)["EventDestinations"]
    assert kept["SnsDestination"]["TopicArn"] == topic.arn


def test_the_identitys_configuration_set_is_the_default(aws):
    configured, name = Set(aws), f"{unique()}.example"
    stack = Stack(aws)
    properties = {"EmailIdentity": name, "ConfigurationSetAttributes": {"ConfigurationSetName": configured.name}}
    stack.deploy(json.dumps({"Resources": {"Me": {"Type": "AWS::SES::EmailIdentity", "Properties": properties}}}))
    send(aws, f"me@{name}", "reader@example.net")
    assert kinds(configured.topic.take_messages(2)) == ["Delivery", "Send"]


def test_cloudformation_creates_configuration_sets_and_destinations(aws, source):
    topic, name, stack = Topic(aws), unique("set-"), Stack(aws)
    event_destination = {
        "Name": "sns",
        "Enabled": True,
        "MatchingEventTypes": ["send", "renderingFailure"],
        "SnsDestination": {"TopicARN": topic.arn},
    }
    resources = {
        "Set": {"Type": "AWS::SES::ConfigurationSet", "Properties": {"Name": name}},
        "Destination": {
            "Type": "AWS::SES::ConfigurationSetEventDestination",
            "Properties": {"ConfigurationSetName": {"Ref": "Set"}, "EventDestination": event_destination},
        },
    }
    stack.deploy(json.dumps({"Resources": resources}))
    topic.take(1)
    send(aws, source, "reader@example.net", ConfigurationSetName=name)
    assert kinds(topic.take_messages(1)) == ["Send"]
    stack.delete()
    with pytest.raises(aws.client("sesv2").exceptions.NotFoundException):
        aws.client("sesv2").get_configuration_set(ConfigurationSetName=name)
