"""What only this machine has: the embedded AWS as a child, `chalice local`, interrupts."""
