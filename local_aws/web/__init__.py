"""The server's own HTTP: the apps' fronts, its pages, and the check of a request's origin."""
