"""What several Cognito extensions share."""
