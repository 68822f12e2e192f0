"""Remembered decisions of IAM."""

from local_aws.services.iam.decisions import Decisions


class Policy:
    def __init__(self) -> None:
        self.allows = True
        self.evaluations = 0

    def __call__(self) -> bool:
        self.evaluations += 1
        return self.allows


def test_that_a_request_was_allowed_is_remembered_for_a_second():
    now, policy = [0.0], Policy()
    decisions = Decisions(lambda: now[0])
    assert decisions.is_allowed("put", policy)
    policy.allows = False
    now[0] = 0.9
    assert decisions.is_allowed("put", policy)
    assert policy.evaluations == 1
    now[0] = 1.1
    assert not decisions.is_allowed("put", policy)


def test_a_refusal_is_evaluated_each_time_and_requests_are_told_apart():
    policy = Policy()
    policy.allows = False
    decisions = Decisions(lambda: 0.0)
    assert not decisions.is_allowed("put", policy)
    policy.allows = True
    assert decisions.is_allowed("put", policy)
    policy.allows = False
    assert not decisions.is_allowed("other", policy)
