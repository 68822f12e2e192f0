"""State that outlives the process: what is saved, when, and how it comes back whole."""
