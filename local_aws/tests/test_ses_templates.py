"""Templates: https://docs.aws.amazon.com/ses/latest/dg/send-personalized-email-advanced.html."""

import json

import pytest
from botocore.exceptions import ClientError

from local_aws.services.ses.templates import RenderingError, render
from local_aws.tests.mail import Topic, send, sender, unique
from local_aws.tests.test_cloudformation import Stack

PEOPLE = {"people": [{"name": "Ann"}, {"name": "Bob"}], "empty": [], "site": {"title": "MyBlog", "tags": {"a": 1}}}


@pytest.mark.parametrize(
    ("template", "data", "shown"),
    [
        ("Hi {{name}}!", {"name": "Ann"}, "Hi Ann!"),
        ("{{ name }}{{{name}}}{{&name}}", {"name": "<b>&"}, "<b>&<b>&<b>&"),
        ("{{site.title}} {{site.tags.a}}", PEOPLE, "MyBlog 1"),
        ("{{#each people}}{{@index}}:{{name}}{{#unless @last}}, {{/unless}}{{/each}}", PEOPLE, "0:Ann, 1:Bob"),
        ("{{#each people}}{{../site.title}} {{this.name}};{{/each}}", PEOPLE, "MyBlog Ann;MyBlog Bob;"),
        ("{{#each empty}}x{{else}}nobody{{/each}}", PEOPLE, "nobody"),
        ("{{#each missing}}x{{else}}nobody{{/each}}", PEOPLE, "nobody"),
        ("{{#each site.tags}}{{@key}}={{this}}{{/each}}", PEOPLE, "a=1"),
        ("{{#if a}}A{{else if b}}B{{else}}C{{/if}}", {"b": True}, "B"),
        ("{{#if a}}A{{else if b}}B{{else}}C{{/if}}", {"a": 0, "b": ""}, "C"),
        ("{{#if empty}}some{{else}}none{{/if}}", PEOPLE, "none"),
        ("{{#with site}}{{title}}{{/with}}", PEOPLE, "MyBlog"),
        ("{{people.1.name}} {{people.length}}", PEOPLE, "Bob 2"),
        ('{{#* inline "full"}}{{first}} {{last}}{{/inline}}{{> full}}', {"first": "A", "last": "B"}, "A B"),
        ("a\n{{#if x}}\nb\n{{/if}}\nc\n", {"x": 1}, "a\nb\nc\n"),
        ("{{! a comment }}{{!-- {{one}} more --}}x", {}, "x"),
        ("{{a}} {{b}} {{c}}", {"a": True, "b": None, "c": 1.5}, "true  1.5"),
        ("{ {a} }", {}, "{ {a} }"),
    ],
)
def test_what_a_template_shows(template, data, shown):
    assert render(template, json.dumps(data)) == shown


@pytest.mark.parametrize(
    ("template", "data"),
    [
        ("Hi {{name}}!", "{}"),
        ("{{site.missing}}", json.dumps(PEOPLE)),
        ("{{#if a}}x", "{}"),
        ("{{#if a}}x{{/each}}", '{"a": 1}'),
        ("x{{/if}}", "{}"),
        ("{{#unknown a}}x{{/unknown}}", "{}"),
        ("{{name", '{"name": 1}'),
        ("{{> missing}}", "{}"),
        ('{{#* inline "f"}}{{> f}}{{/inline}}{{> f}}', "{}"),
        ("x", "not json"),
        ("x", "[1]"),
    ],
)
def test_what_cannot_be_rendered(template, data):
    with pytest.raises(RenderingError):
        render(template, data)


@pytest.fixture(scope="module")
def source(aws):
    return sender(aws)


@pytest.fixture
def template(aws):
    name = unique("template-")
    content = {
        "Subject": "Hi {{name}}",
        "Text": "{{#each posts}}* {{title}}\n{{/each}}",
        "Html": "<p>{{name}}{{#if posts}}<ul>{{#each posts}}<li>{{title}}</li>{{/each}}</ul>{{/if}}",
    }
    aws.client("sesv2").create_email_template(TemplateName=name, TemplateContent=content)
    return name


def filled(template, /, **data):
    return {"Template": {"TemplateName": template, "TemplateData": json.dumps(data)}}


def test_a_stored_template_is_filled_in(aws, source, template):
    to = f"{unique()}@example.net"
    send(aws, source, to, filled(template, name="Ann", posts=[{"title": "One"}, {"title": "Two"}]))
    (mail,) = aws.mails(to)
    assert (mail["subject"], mail["text"]) == ("Hi Ann", "* One\n* Two\n")
    assert mail["html"] == "<p>Ann<ul><li>One</li><li>Two</li></ul>"


def test_a_template_in_the_call_with_headers(aws, source):
    to = f"{unique()}@example.net"
    content = {"TemplateContent": {"Subject": "s", "Text": "{{a}}"}, "TemplateData": '{"a": 1}'}
    headers = [{"Name": "List-Unsubscribe", "Value": "<https://blog.example/u>"}]
    send(aws, source, to, {"Template": {**content, "Headers": headers}})
    (mail,) = aws.mails(to)
    assert mail["text"] == "1"
    assert headers[0] in [{"Name": each["name"], "Value": each["value"]} for each in mail["headers"]]


def test_a_missing_template_is_refused(aws, source):
    with pytest.raises(ClientError) as caught:
        send(aws, source, "a@example.com", filled(unique()))
    assert caught.value.response["Error"]["Code"] == "NotFoundException"


def test_what_lacks_data_is_taken_not_sent_and_reported(aws, source, template):
    topic, name, to = Topic(aws), unique("set-"), f"{unique()}@example.net"
    ses = aws.client("sesv2")
    ses.create_configuration_set(ConfigurationSetName=name)
    destination = {
        "Enabled": True,
        "MatchingEventTypes": ["SEND", "RENDERING_FAILURE"],
        "SnsDestination": {"TopicArn": topic.arn},
    }
    ses.create_configuration_set_event_destination(
        ConfigurationSetName=name, EventDestinationName="all", EventDestination=destination
    )
    topic.take(1)
    message_id = send(aws, source, to, filled(template, posts=[]), ConfigurationSetName=name)
    (event,) = topic.take_messages(1)
    assert (event["eventType"], event["mail"]["messageId"]) == ("Rendering Failure", message_id)
    assert event["failure"]["templateName"] == template
    assert "'name'" in event["failure"]["errorMessage"]
    assert aws.mails(to) == []


def test_a_rendering_can_be_tried(aws, template):
    ses = aws.client("sesv2")
    shown = ses.test_render_email_template(TemplateName=template, TemplateData='{"name": "Ann", "posts": []}')
    assert "Subject: Hi Ann" in shown["RenderedTemplate"]
    with pytest.raises(ses.exceptions.BadRequestException):
        ses.test_render_email_template(TemplateName=template, TemplateData="{}")


def test_a_bulk_call_answers_for_each_entry(aws, source, template):
    first, second = (f"{unique()}@example.net" for _ in range(2))

    def entry(to, data=None, **more):
        replacement = {"ReplacementTemplate": {"ReplacementTemplateData": json.dumps(data)}} if data else {}
        return {"Destination": {"ToAddresses": [to]}, "ReplacementEmailContent": replacement, **more}

    answer = aws.client("sesv2").send_bulk_email(
        FromEmailAddress=source,
        DefaultContent=filled(template, name="you", posts=[]),
        DefaultEmailTags=[{"Name": "kind", "Value": "news"}],
        BulkEmailEntries=[
            entry(first, {"name": "Ann"}, ReplacementTags=[{"Name": "n", "Value": "1"}]),
            entry("not an address"),
            entry(second, ReplacementHeaders=[{"Name": "X-Entry", "Value": "3"}]),
        ],
    )
    results = answer["BulkEmailEntryResults"]
    assert [each["Status"] for each in results] == ["SUCCESS", "INVALID_PARAMETER", "SUCCESS"]
    (mail,) = aws.mails(first)
    assert (mail["id"], mail["subject"]) == (results[0]["MessageId"], "Hi Ann")
    assert mail["tags"] == {"kind": ["news"], "n": ["1"]}
    (mail,) = aws.mails(second)
    assert mail["subject"] == "Hi you"
    assert {"name": "X-Entry", "value": "3"} in mail["headers"]


def test_cloudformation_makes_a_template(aws):
    stack, name, ses = Stack(aws), unique("template-"), aws.client("sesv2")

    def written(text):
        properties = {"Template": {"TemplateName": name, "SubjectPart": "Hi", "TextPart": text, "HtmlPart": "<p>"}}
        resource = {"Type": "AWS::SES::Template", "Properties": properties}
        return json.dumps({"Resources": {"Mail": resource}, "Outputs": {"Name": {"Value": {"Ref": "Mail"}}}})

    stack.deploy(written("one"))
    assert stack.outputs() == {"Name": name}
    assert ses.get_email_template(TemplateName=name)["TemplateContent"]["Text"] == "one"
    stack.deploy(written("two"))
    assert ses.get_email_template(TemplateName=name)["TemplateContent"]["Text"] == "two"
    former, name = name, unique("template-")
    stack.deploy(written("two"))
    assert stack.outputs() == {"Name": name}
    with pytest.raises(ses.exceptions.NotFoundException):
        ses.get_email_template(TemplateName=former)
    stack.delete()
    with pytest.raises(ses.exceptions.NotFoundException):
        ses.get_email_template(TemplateName=name)
