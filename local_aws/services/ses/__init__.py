"""What SES does with a mail: its checks, templates, outcomes at the recipients, and events."""
