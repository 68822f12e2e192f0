"""MyVideos: the catalogue, who may watch what, links that only they can use."""
