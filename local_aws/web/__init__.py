"""What the server answers by itself: the apps' fronts, its own pages, and refusals of requests from other origins."""
