"""The routes of posts: published posts for readers, all posts for authors."""

from chalice.app import Response
from chalicelib.blog.composition import Blog
from chalicelib.blog.errors import InvalidPost, PostNotFound, SlugTaken
from chalicelib.blog.posts.model import NewPost, PostChange, Publication
from chalicelib.blog.posts.views import (
    AnySlug,
    AuthoredPost,
    AuthorQuery,
    ListQuery,
    PostCard,
    PostId,
    PostView,
    PreviewQuery,
    TagView,
    if_match,
    parse_post_id,
    parse_slug,
)
from chalicelib.blog.problems import AUTHORS_ONLY
from chalicelib.blog.views import AUTHORS, DEFAULT_LIMIT, PRIVATE, UNLISTED, cacheable_json

from common.errors import Busy, VersionConflict
from common.http import responses
from common.http.operations import ResponseSpec
from common.http.requests import ApiRequest
from common.http.routes import Routes

readers = Routes[Blog](public=True)
authors = Routes[Blog](group=AUTHORS, refusal=AUTHORS_ONLY)


@readers.route(
    "GET",
    "/posts",
    summary="List published posts",
    query=ListQuery,
    headers=("If-None-Match",),
    returns={200: ResponseSpec(list[PostCard], ("ETag", "Link")), 304: ResponseSpec(None, ("ETag",))},
)
def list_posts(blog: Blog, request: ApiRequest, query: ListQuery) -> Response:
    """Returns published posts, the newest first, 10 without `limit`.

    With `tag`, a page can have fewer posts than `limit`. Follow the `Link` header until a response has none.
    """
    after = blog.page_links.after("/posts", query)
    page = blog.posts.page("published", query.limit or DEFAULT_LIMIT, after, query.tag)
    cards = [blog.post_views.card(post) for post in page.items]
    return cacheable_json(request, cards, blog.page_links.next("/posts", query, page.next_after))


@readers.route(
    "GET",
    "/posts/{slug}",
    summary="Get a published post",
    headers=("If-None-Match",),
    returns={
        200: ResponseSpec(PostView, ("ETag",)),
        301: ResponseSpec(None, ("Location",)),
        304: ResponseSpec(None, ("ETag",)),
    },
    raises=(PostNotFound,),
)
def get_post(blog: Blog, request: ApiRequest, slug: AnySlug) -> Response:
    """Returns a published post with its text as Markdown. A slug that the post had before redirects to its slug."""
    post = blog.posts.public(parse_slug(slug))
    if post.slug != slug:
        return blog.post_views.permanent_redirect(post)
    return cacheable_json(request, blog.post_views.view(post, blog.photos_shown_by(post)))


@readers.route(
    "GET",
    "/tags",
    summary="List tags",
    headers=("If-None-Match",),
    returns={200: ResponseSpec(list[TagView], ("ETag",)), 304: ResponseSpec(None, ("ETag",))},
)
def list_tags(blog: Blog, request: ApiRequest) -> Response:
    """Returns the tags of published posts, each with its number of posts."""
    return cacheable_json(request, [TagView(tag, count) for tag, count in blog.posts.tags().items()])


@readers.route(
    "GET",
    "/previews/{post_id}",
    summary="Preview a post",
    query=PreviewQuery,
    ignores_unknown_parameters=True,
    returns={200: ResponseSpec(html=True)},
    raises=(PostNotFound, InvalidPost),
)
def preview_post(blog: Blog, request: ApiRequest, post_id: PostId, query: PreviewQuery) -> Response:
    """Returns the page of a post of any status to everybody who has the post's preview link."""
    from chalicelib.blog.pages.posts import Display, Neighbours, render_post  # noqa: PLC0415 - Markdown is loaded for a preview

    post = blog.posts.preview(parse_post_id(post_id), query.token)
    display = Display(blog.photos_shown_by(post), preview=True)
    return responses.html(render_post(blog.site, post, Neighbours(), display), UNLISTED)


@authors.route(
    "GET",
    "/author/posts",
    summary="List posts by status",
    query=AuthorQuery,
    returns={200: ResponseSpec(list[AuthoredPost], ("Link",))},
)
def list_all_posts(blog: Blog, request: ApiRequest, query: AuthorQuery) -> Response:
    """Returns the posts of one status, drafts without `status`. `bodyMarkdown` is empty in lists."""
    path = "/author/posts"
    page = blog.posts.page(query.status or "draft", query.limit or DEFAULT_LIMIT, blog.page_links.after(path, query))
    items = [blog.post_views.authored(post) for post in page.items]
    return responses.json(items, {**PRIVATE, **blog.page_links.next(path, query, page.next_after)})


@authors.route(
    "POST",
    "/author/posts",
    summary="Write a draft",
    body=NewPost,
    returns={201: ResponseSpec(AuthoredPost, ("ETag", "Location"))},
    raises=(InvalidPost, SlugTaken, Busy),
)
def add_post(blog: Blog, request: ApiRequest, body: NewPost) -> Response:
    """Creates a draft. Without `slug`, its slug is made from its title."""
    return blog.post_views.post_response(blog.posts.add(body), 201)


@authors.route(
    "GET",
    "/author/posts/{post_id}",
    summary="Get a post",
    returns={200: ResponseSpec(AuthoredPost, ("ETag",))},
    raises=(PostNotFound,),
)
def get_any_post(blog: Blog, request: ApiRequest, post_id: PostId) -> Response:
    """Returns a post of any status."""
    return blog.post_views.post_response(blog.posts.get(parse_post_id(post_id)))


@authors.route(
    "PATCH",
    "/author/posts/{post_id}",
    summary="Change a post",
    body=PostChange,
    headers=("If-Match",),
    returns={200: ResponseSpec(AuthoredPost, ("ETag",))},
    raises=(PostNotFound, VersionConflict, SlugTaken, InvalidPost, Busy),
)
def change_post(blog: Blog, request: ApiRequest, post_id: PostId, body: PostChange) -> Response:
    """Changes the fields that are sent. With `If-Match`, only if the post still has one of these ETags."""
    return blog.post_views.post_response(blog.posts.change(parse_post_id(post_id), body, if_match(request)))


@authors.route(
    "DELETE",
    "/author/posts/{post_id}",
    summary="Delete a post",
    headers=("If-Match",),
    returns={204: ResponseSpec()},
    raises=(PostNotFound, VersionConflict, Busy),
)
def delete_post(blog: Blog, request: ApiRequest, post_id: PostId) -> Response:
    """Deletes a post, its page and the redirects from its former slugs."""
    blog.posts.delete(parse_post_id(post_id), if_match(request))
    return responses.empty()


@authors.route(
    "POST",
    "/author/posts/{post_id}/publish",
    summary="Publish or schedule a post",
    body=Publication,
    headers=("If-Match",),
    returns={200: ResponseSpec(AuthoredPost, ("ETag",))},
    raises=(PostNotFound, VersionConflict, InvalidPost, Busy),
)
def publish_post(blog: Blog, request: ApiRequest, post_id: PostId, body: Publication) -> Response:
    """Publishes a post at once, or at the time `publishAt`. A time in the past becomes the post's date.

    A post that was public before keeps its date.
    """
    return blog.post_views.post_response(blog.posts.publish(parse_post_id(post_id), body.publish_at, if_match(request)))


@authors.route(
    "POST",
    "/author/posts/{post_id}/unpublish",
    summary="Make a post a draft again",
    headers=("If-Match",),
    returns={200: ResponseSpec(AuthoredPost, ("ETag",))},
    raises=(PostNotFound, VersionConflict, Busy),
)
def unpublish_post(blog: Blog, request: ApiRequest, post_id: PostId) -> Response:
    """Removes a post's page from the site. The post keeps its slug, so that no other post can take it."""
    return blog.post_views.post_response(blog.posts.unpublish(parse_post_id(post_id), if_match(request)))


@authors.route(
    "POST",
    "/author/posts/{post_id}/preview-link",
    summary="Replace the preview link",
    headers=("If-Match",),
    returns={200: ResponseSpec(AuthoredPost, ("ETag",))},
    raises=(PostNotFound, VersionConflict, Busy),
)
def replace_preview_link(blog: Blog, request: ApiRequest, post_id: PostId) -> Response:
    """Replaces a post's preview link. The old link stops working."""
    return blog.post_views.post_response(blog.posts.replace_preview_link(parse_post_id(post_id), if_match(request)))
