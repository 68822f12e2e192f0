"""Mail by SES."""

from collections.abc import Callable
from typing import Any

from chalicelib.blog.subscribers.mails import Mail
from chalicelib.blog.subscribers.ports import MailDeferred, MailRefused


class SesMailer:
    """A Mailer that uses SES (v2); `settings` is the configuration set that publishes bounces and complaints."""

    def __init__(self, client: Callable[[], Any], sender: str, settings: str) -> None:
        self._client = client
        self._sender = sender
        self._settings = settings

    def send(self, address: str, mail: Mail) -> None:
        """Send one mail.

        The client must not retry. If it is not known whether the mail was sent, botocore's error is raised.
        """
        client = self._client()
        content = {
            "Subject": {"Data": mail.subject, "Charset": "UTF-8"},
            "Body": {
                "Text": {"Data": mail.text, "Charset": "UTF-8"},
                "Html": {"Data": mail.html, "Charset": "UTF-8"},
            },
            "Headers": [{"Name": name, "Value": value} for name, value in mail.headers.items()],
        }
        try:
            client.send_email(
                FromEmailAddress=self._sender,
                ConfigurationSetName=self._settings,
                Destination={"ToAddresses": [address]},
                Content={"Simple": content},
            )
        except client.exceptions.BadRequestException as error:
            raise MailRefused(str(error)) from error
        except client.exceptions.MessageRejected as error:
            raise (MailDeferred if self._is_about_sender(error) else MailRefused)(str(error)) from error
        except client.exceptions.ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] < 500:
                raise MailDeferred(str(error)) from error
            raise

    def _is_about_sender(self, error: Exception) -> bool:
        """Whether SES rejects the sender, and so all mail; in the sandbox it may reject the recipient.

        SES names the identities that are not verified:
        https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-error-messages.html
        """
        return self._sender.lower() in str(error).lower()
