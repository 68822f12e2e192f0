"""A policy is parsed once for all requests that it is evaluated for."""

import json

from ministack.core import iam_evaluator

from local_aws.services.iam.policy_variables import _parse_policy_document


def _policy(effect: str, version: str = "2012-10-17") -> str:
    statement = {"Effect": effect, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::own/${aws:username}"}
    return json.dumps({"Version": version, "Statement": statement})


def test_a_text_is_parsed_once_and_a_changed_text_again():
    parsed = []

    def parse(document):
        parsed.append(document)
        return iam_evaluator.parse_policy_document(document)

    allow, deny = _policy("Allow"), _policy("Deny")
    statements = [_parse_policy_document(parse, document) for document in (allow, deny, allow, deny, allow)]
    assert [effects[0].effect for effects in statements] == ["Allow", "Deny", "Allow", "Deny", "Allow"]
    assert parsed == [allow, deny]


def test_what_a_caller_adds_to_the_statements_stays_with_it():
    parse, document = iam_evaluator.parse_policy_document, _policy("Allow")
    _parse_policy_document(parse, document).clear()
    assert len(_parse_policy_document(parse, document)) == 1


def test_variables_are_marked_by_the_version_of_the_policy():
    parse = iam_evaluator.parse_policy_document
    versions = ("2012-10-17", "2008-10-17")
    marks = [_parse_policy_document(parse, _policy("Allow", version))[0] for version in versions]
    assert [getattr(statement, "has_variables", False) for statement in marks] == [True, False]
