"""The route of mailings, for authors."""

from chalice.app import Response
from chalicelib.blog.composition import Blog
from chalicelib.blog.errors import PostNotFound
from chalicelib.blog.mailings.views import MailingView, mailing_view
from chalicelib.blog.posts.views import PostId, parse_post_id
from chalicelib.blog.problems import AUTHORS_ONLY
from chalicelib.blog.views import AUTHORS, PRIVATE

from common.http import responses
from common.http.operations import ResponseSpec
from common.http.requests import ApiRequest
from common.http.routes import Routes

routes = Routes[Blog](group=AUTHORS, refusal=AUTHORS_ONLY)


@routes.route(
    "GET",
    "/author/posts/{post_id}/mailing",
    summary="Get the progress of mailing a post",
    returns={200: ResponseSpec(MailingView)},
    raises=(PostNotFound,),
)
def get_mailing(blog: Blog, request: ApiRequest, post_id: PostId) -> Response:
    """Returns how many subscribers got a mail about a post so far."""
    return responses.json(mailing_view(blog.mailing_progress.get(parse_post_id(post_id))), PRIVATE)
