"""Photos: the files that authors send, and the renditions that pages show."""
