"""The number of mails that the mailbox keeps, whichever service sent them."""

import json
import subprocess
import sys

from local_aws.testing import FUNCTION_RUNTIME

MOST_MAILS = 5000
# Sends in a process of its own, for as many calls of the API take long.
PROGRAM = """
import json, os, pathlib, sys, tempfile

from local_aws import environment
from local_aws.settings import Settings

settings = Settings(pathlib.Path(tempfile.mkdtemp()), function_runtime_dir=pathlib.Path(sys.argv[1]))
environment.prepare(settings)
from ministack.services import ses
from local_aws.hooks import install_all
from local_aws.services.ses import dispatch, message
from local_aws.web import mailbox

install_all(settings)

def send_by_ses(to):
    dispatch.dispatch(message.Message("sender@example.com", [to]), "sender@example.com")

def send_by_cognito(to):
    ses.send_internal_email("no-reply@example.com", [to], "s", "t")

counts = []
for send in (send_by_ses, send_by_cognito):
    for number in range(int(sys.argv[2])):
        send(f"{send.__name__}-{number % 2}@example.com")
    send("newest@example.com")
    counts.append([len(mailbox.mails()), len(mailbox.mails(f"{send.__name__}-0@example.com"))])
print(json.dumps(counts))
sys.stdout.flush()
os._exit(0)
"""


def test_the_mailbox_keeps_the_newest_mails():
    command = [sys.executable, "-c", PROGRAM, str(FUNCTION_RUNTIME), str(MOST_MAILS)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert json.loads(printed.splitlines()[-1]) == [[MOST_MAILS, MOST_MAILS // 2 - 1]] * 2
