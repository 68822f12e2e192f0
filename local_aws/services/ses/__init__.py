"""SES: completes MiniStack's: checks of mails, outcomes for recipients, events."""
