"""Mailings: a new post is mailed to every confirmed subscriber, once."""
