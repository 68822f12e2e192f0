"""Publishing: the reading site, rendered into a bucket and kept at the edge of a CDN."""
