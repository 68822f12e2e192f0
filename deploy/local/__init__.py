"""What runs on this machine only: the embedded AWS as a child process, and `chalice local`."""
