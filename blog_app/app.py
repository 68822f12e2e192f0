"""MyBlog's API and the functions behind its tables: composition root and routes."""

from common.runtime import cold_start  # isort: split

import os
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any

from chalice.app import (
    Chalice,
    CloudWatchEvent,
    CognitoUserPoolAuthorizer,
    DynamoDBEvent,
    Rate,
    Request,
    Response,
    S3Event,
    SNSEvent,
    SQSEvent,
)
from chalicelib.blog.configuration import Configuration, configuration
from chalicelib.blog.errors import (
    Busy,
    HomeElsewhere,
    InvalidPost,
    PhotoNotFound,
    PostNotFound,
    SlugTaken,
    SubscriptionNotFound,
    TooManyRequests,
    VersionConflict,
)
from chalicelib.blog.home_region import Home
from chalicelib.blog.pages.search import search
from chalicelib.blog.pages.site import Site
from chalicelib.blog.photos import events as photo_events
from chalicelib.blog.photos.media_bucket import UploadBucket
from chalicelib.blog.photos.photo_table import PhotoTable
from chalicelib.blog.photos.photos import NewPhoto, Photos
from chalicelib.blog.photos.views import (
    AnnouncedPhoto,
    AuthoredPhoto,
    PhotoQuery,
    PhotoViews,
    known_photo,
)
from chalicelib.blog.posts import views
from chalicelib.blog.posts.model import NewPost, Photo, PhotoId, Post, PostChange, Publication
from chalicelib.blog.posts.ports import UPLOADS
from chalicelib.blog.posts.post_table import PostTable
from chalicelib.blog.posts.posts import Posts
from chalicelib.blog.posts.search_index_store import SearchFile
from chalicelib.blog.posts.views import (
    DEFAULT_LIMIT,
    PROBLEMS,
    AnySlug,
    AuthoredPost,
    AuthorQuery,
    FoundPost,
    LinkQuery,
    ListQuery,
    PostCard,
    PostId,
    PostView,
    PostViews,
    PreviewQuery,
    SearchQuery,
    TagView,
)
from chalicelib.blog.settings import Settings
from chalicelib.blog.subscribers import events as mail_events
from chalicelib.blog.subscribers.subscriber_table import SubscriberTable
from chalicelib.blog.subscribers.subscriptions import NewSubscriber, Subscriptions

from common.aws import clients
from common.http import responses
from common.http.api import Api
from common.http.client_address import accepts_html, viewer_and_edge_ip
from common.http.cursors import Cursors
from common.http.operations import ResponseSpec
from common.http.problems import ProblemDocument
from common.http.requests import ApiRequest
from common.runtime import batches, logs
from common.runtime.settings import load

AUTHORS = "authors"

settings = load(Settings, os.environ)
region = settings.aws_region
log = logs.logger("blog")
app = Chalice(app_name="blog", configure_logs=False)
site = Site(
    settings.site_title,
    settings.public_url,
    settings.site_description,
    settings.site_language,
    settings.site_author,
)


def problem_page(request: Request, problem: ProblemDocument) -> str:
    """Write a problem as a page of the site; if an address was mistyped, as the form to subscribe."""
    from chalicelib.blog.pages import forms  # noqa: PLC0415 - the templates are loaded when a page is asked for

    if (address := views.mistyped_address(request, problem)) is not None:
        return forms.render_refused(site, address)
    return forms.render_problem(site, problem.title, problem.detail)


users = CognitoUserPoolAuthorizer("users", [settings.user_pool_arn])
dynamodb = partial(clients.client, "dynamodb", region)
home = Home(dynamodb, settings.table_name, region, settings.primary_region)
api = Api(
    app,
    authorizer=users,
    errors=PROBLEMS,
    log=log,
    title="MyBlog",
    problem_page=problem_page,
    before_writing=home.require,
    writing_raises=(HomeElsewhere,),
)


def check_shown(post: Post) -> None:
    """Refuse to publish what cannot be rendered."""
    from chalicelib.blog.pages.markdown import render  # noqa: PLC0415 - as above

    render(post.body_markdown, {})


posts = Posts(PostTable(dynamodb, settings.table_name, home.run), lambda: datetime.now(UTC), check_shown)
subscriptions = Subscriptions(
    SubscriberTable(dynamodb, settings.subscriber_table_name, home.transact),
    lambda: datetime.now(UTC),
    settings.subscriptions_an_hour,
)
s3 = partial(clients.client, "s3", region)
photo_table = PhotoTable(dynamodb, settings.table_name, home.transact)
photos = Photos(photo_table, UploadBucket(s3, settings.uploads_bucket_name), lambda: datetime.now(UTC))
search_file = SearchFile(s3, settings.site_bucket_name)
view = PostViews(settings.public_url, Cursors(clients.secret(settings.cursor_secret_arn, region)))
photo_view = PhotoViews(settings.public_url)


def _photos_of(post: Post) -> dict[str, Photo]:
    """The photos that a post shows."""
    if not post.cover_photo_id and "photo:" not in post.body_markdown:
        return {}
    from chalicelib.blog.pages.posts import photos_of  # noqa: PLC0415 - as above

    return photo_table.ready(photos_of(post))


# ---- readers --------------------------------------------------------------------------------------------------------


@api.route(
    "GET",
    "/posts",
    summary="List published posts",
    query=ListQuery,
    headers=("If-None-Match",),
    returns={200: ResponseSpec(list[PostCard], ("ETag", "Link")), 304: ResponseSpec(None, ("ETag",))},
    public=True,
)
def list_posts(request: ApiRequest, query: ListQuery) -> Response:
    """The newest first, 10 without `limit`. A page with `tag` may be shorter; follow `Link` while there is one."""
    page = posts.page("published", query.limit or DEFAULT_LIMIT, view.after("/posts", query), query.tag)
    return views.public(request, [view.card(post) for post in page.posts], view.link("/posts", query, page.next_after))


@api.route(
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
    public=True,
)
def get_post(request: ApiRequest, slug: AnySlug) -> Response:
    """With its text as Markdown. A slug that the post had before leads to its own."""
    post = posts.public(views.known(slug, AnySlug))
    return views.public(request, view.view(post, _photos_of(post))) if post.slug == slug else view.moved(post)


@api.route(
    "GET",
    "/tags",
    summary="List tags",
    headers=("If-None-Match",),
    returns={200: ResponseSpec(list[TagView], ("ETag",)), 304: ResponseSpec(None, ("ETag",))},
    public=True,
)
def list_tags(request: ApiRequest) -> Response:
    """All tags of published posts, with how many posts have them."""
    return views.public(request, [TagView(tag, count) for tag, count in posts.tags().items()])


@api.route(
    "GET",
    "/search",
    summary="Search published posts",
    query=SearchQuery,
    headers=("If-None-Match",),
    returns={200: ResponseSpec(list[FoundPost], html=True), 304: ResponseSpec(None, ("ETag",))},
    public=True,
)
def search_posts(request: ApiRequest, query: SearchQuery) -> Response:
    """Posts that have all the words in their title, tags, summary or text. A browser gets a page."""
    index = search_file.read()
    found = search(index, query.q) if index else []
    if not accepts_html(request.raw):
        return views.public(request, [view.found(one) for one in found])
    from chalicelib.blog.pages import forms  # noqa: PLC0415 - as above

    return responses.html(forms.render_search(site, query.q, found), {"Vary": "Accept", **views.PUBLIC})


@api.route(
    "GET",
    "/previews/{post_id}",
    summary="Preview a post",
    query=PreviewQuery,
    returns={200: ResponseSpec(html=True)},
    raises=(PostNotFound, InvalidPost),
    public=True,
)
def preview_post(request: ApiRequest, post_id: PostId, query: PreviewQuery) -> Response:
    """The page of a post that may not be published yet, for whoever has its author's secret link."""
    from chalicelib.blog.pages.posts import Neighbours, Shown, render_post  # noqa: PLC0415 - as above

    post = posts.previewed(views.known(post_id, PostId), query.token)
    return responses.html(render_post(site, post, Neighbours(), Shown(_photos_of(post), preview=True)), views.UNLISTED)


@api.route(
    "GET",
    "/config",
    summary="What a client needs to sign in",
    returns={200: ResponseSpec(Configuration)},
    public=True,
)
def get_config(request: ApiRequest) -> Response:
    """The user pool, its client, and where Cognito is."""
    return responses.json(configuration(settings), {"Cache-Control": "public, max-age=300"})


# ---- subscribers ----------------------------------------------------------------------------------------------------


@api.route(
    "POST",
    "/subscribers",
    summary="Subscribe",
    body=NewSubscriber,
    form=True,
    returns={202: ResponseSpec(html=True)},
    raises=(TooManyRequests,),
    public=True,
)
def subscribe(request: ApiRequest, body: NewSubscriber) -> Response:
    """Put an address on the list for new posts by mail. The answer is the same whether or not the address was known."""
    from chalicelib.blog.pages import forms  # noqa: PLC0415 - as above

    subscriptions.subscribe(body.address, *viewer_and_edge_ip(request.raw))
    return responses.html(forms.render_subscribed(site), views.UNLISTED, 202)


@api.route(
    "GET",
    "/subscribers/confirm",
    summary="Ask whether to confirm",
    query=LinkQuery,
    returns={200: ResponseSpec(html=True)},
    raises=(SubscriptionNotFound,),
    public=True,
)
def ask_to_confirm(request: ApiRequest, query: LinkQuery) -> Response:
    """The page behind the link of a welcome mail. It changes nothing: mail scanners follow links."""
    from chalicelib.blog.pages import forms  # noqa: PLC0415 - as above

    subscriptions.find_to_confirm(query.token or "")
    return responses.html(forms.render_confirm(site, query.token or ""), views.UNLISTED)


@api.route(
    "POST",
    "/subscribers/confirm",
    summary="Confirm an address",
    query=LinkQuery,
    returns={200: ResponseSpec(html=True)},
    raises=(SubscriptionNotFound,),
    public=True,
)
def confirm(request: ApiRequest, query: LinkQuery) -> Response:
    """With the mail's token in the address or in a form."""
    from chalicelib.blog.pages import forms  # noqa: PLC0415 - as above

    subscriptions.confirm(views.sent_token(request, query))
    return responses.html(forms.render_confirmed(site), views.UNLISTED)


@api.route(
    "GET",
    "/subscribers/unsubscribe",
    summary="Ask whether to unsubscribe",
    query=LinkQuery,
    returns={200: ResponseSpec(html=True)},
    raises=(SubscriptionNotFound,),
    public=True,
)
def ask_to_unsubscribe(request: ApiRequest, query: LinkQuery) -> Response:
    """The page behind a mail's link to unsubscribe."""
    from chalicelib.blog.pages import forms  # noqa: PLC0415 - as above

    subscriptions.find(query.token or "")
    return responses.html(forms.render_unsubscribe(site, query.token or ""), views.UNLISTED)


@api.route(
    "POST",
    "/subscribers/unsubscribe",
    summary="Unsubscribe",
    query=LinkQuery,
    returns={200: ResponseSpec(html=True)},
    raises=(SubscriptionNotFound,),
    public=True,
)
def unsubscribe(request: ApiRequest, query: LinkQuery) -> Response:
    """At once, as a mail program's one-click button does (RFC 8058), or by the form of the page."""
    from chalicelib.blog.pages import forms  # noqa: PLC0415 - as above

    subscriptions.unsubscribe(views.sent_token(request, query))
    return responses.html(forms.render_unsubscribed(site), views.UNLISTED)


# ---- authors --------------------------------------------------------------------------------------------------------


@api.route(
    "GET",
    "/author/posts",
    summary="List posts of one status",
    query=AuthorQuery,
    returns={200: ResponseSpec(list[AuthoredPost], ("Link",))},
    group=AUTHORS,
)
def list_all_posts(request: ApiRequest, query: AuthorQuery) -> Response:
    """Drafts if no `status` is given. `bodyMarkdown` is empty in lists."""
    path = "/author/posts"
    page = posts.page(query.status or "draft", query.limit or DEFAULT_LIMIT, view.after(path, query))
    shown = [view.authored(post) for post in page.posts]
    return responses.json(shown, {**views.PRIVATE, **view.link(path, query, page.next_after)})


@api.route(
    "POST",
    "/author/posts",
    summary="Write a draft",
    body=NewPost,
    returns={201: ResponseSpec(AuthoredPost, ("ETag", "Location"))},
    raises=(InvalidPost, SlugTaken, Busy),
    group=AUTHORS,
)
def add_post(request: ApiRequest, body: NewPost) -> Response:
    """Without a slug it gets one from its title."""
    return view.item(posts.add(body), 201)


@api.route(
    "GET",
    "/author/posts/{post_id}",
    summary="Get a post",
    returns={200: ResponseSpec(AuthoredPost, ("ETag",))},
    raises=(PostNotFound,),
    group=AUTHORS,
)
def get_any_post(request: ApiRequest, post_id: PostId) -> Response:
    """One post, whatever its status."""
    return view.item(posts.get(views.known(post_id, PostId)))


@api.route(
    "PATCH",
    "/author/posts/{post_id}",
    summary="Change a post",
    body=PostChange,
    headers=("If-Match",),
    returns={200: ResponseSpec(AuthoredPost, ("ETag",))},
    raises=(PostNotFound, VersionConflict, SlugTaken, InvalidPost, Busy),
    group=AUTHORS,
)
def change_post(request: ApiRequest, post_id: PostId, body: PostChange) -> Response:
    """Only the fields that are sent change. With If-Match, only if the post is still as the client knows it."""
    return view.item(posts.change(views.known(post_id, PostId), body, views.expected(request)))


@api.route(
    "DELETE",
    "/author/posts/{post_id}",
    summary="Delete a post",
    headers=("If-Match",),
    returns={204: ResponseSpec()},
    raises=(PostNotFound, VersionConflict, Busy),
    group=AUTHORS,
)
def delete_post(request: ApiRequest, post_id: PostId) -> Response:
    """With its page and all its addresses."""
    posts.delete(views.known(post_id, PostId), views.expected(request))
    return responses.empty()


@api.route(
    "POST",
    "/author/posts/{post_id}/publish",
    summary="Publish or schedule a post",
    body=Publication,
    headers=("If-Match",),
    returns={200: ResponseSpec(AuthoredPost, ("ETag",))},
    raises=(PostNotFound, VersionConflict, InvalidPost, Busy),
    group=AUTHORS,
)
def publish_post(request: ApiRequest, post_id: PostId, body: Publication) -> Response:
    """At once, or when its `publishAt` comes. A post that was public before keeps its date."""
    return view.item(posts.publish(views.known(post_id, PostId), body.publish_at, views.expected(request)))


@api.route(
    "POST",
    "/author/posts/{post_id}/unpublish",
    summary="Make a post a draft again",
    headers=("If-Match",),
    returns={200: ResponseSpec(AuthoredPost, ("ETag",))},
    raises=(PostNotFound, VersionConflict, Busy),
    group=AUTHORS,
)
def unpublish_post(request: ApiRequest, post_id: PostId) -> Response:
    """Its page goes away; its address stays its own."""
    return view.item(posts.unpublish(views.known(post_id, PostId), views.expected(request)))


@api.route(
    "POST",
    "/author/posts/{post_id}/preview-link",
    summary="Replace the preview link",
    headers=("If-Match",),
    returns={200: ResponseSpec(AuthoredPost, ("ETag",))},
    raises=(PostNotFound, VersionConflict, Busy),
    group=AUTHORS,
)
def replace_preview_link(request: ApiRequest, post_id: PostId) -> Response:
    """Who has the old link sees nothing any more."""
    return view.item(posts.replace_preview(views.known(post_id, PostId), views.expected(request)))


# ---- photos ---------------------------------------------------------------------------------------------------------


@api.route(
    "GET",
    "/author/photos",
    summary="List photos",
    query=PhotoQuery,
    returns={200: ResponseSpec(list[AuthoredPhoto], ("Link",))},
    group=AUTHORS,
)
def list_photos(request: ApiRequest, query: PhotoQuery) -> Response:
    """The newest first, whatever has become of them."""
    path = "/author/photos"
    page = photos.page(query.limit or DEFAULT_LIMIT, view.after(path, query))
    shown = [photo_view.view(photo) for photo in page.photos]
    return responses.json(shown, {**views.PRIVATE, **view.link(path, query, page.next_after)})


@api.route(
    "POST",
    "/author/photos",
    summary="Announce a photo",
    body=NewPhoto,
    returns={201: ResponseSpec(AnnouncedPhoto, ("Location",))},
    raises=(Busy,),
    group=AUTHORS,
)
def add_photo(request: ApiRequest, body: NewPhoto) -> Response:
    """The answer has the form by which its file is sent straight to S3, within 15 minutes and of at most 20 MB."""
    return photo_view.announced(*photos.add(body))


@api.route(
    "GET",
    "/author/photos/{photo_id}",
    summary="Get a photo",
    returns={200: ResponseSpec(AuthoredPhoto)},
    raises=(PhotoNotFound,),
    group=AUTHORS,
)
def get_photo(request: ApiRequest, photo_id: PhotoId) -> Response:
    """What has become of it, with the reason if it was refused."""
    return responses.json(photo_view.view(photos.get(known_photo(photo_id))), views.PRIVATE)


@api.route(
    "DELETE",
    "/author/photos/{photo_id}",
    summary="Delete a photo",
    returns={204: ResponseSpec()},
    raises=(PhotoNotFound, Busy),
    group=AUTHORS,
)
def delete_photo(request: ApiRequest, photo_id: PhotoId) -> Response:
    """With its file and everything that was made of it. Posts show its alternative text in its place."""
    photos.delete(known_photo(photo_id))
    return responses.empty()


api.refuse_other_methods()

# ---- what the tables' streams and the clock set going ---------------------------------------------------------------


@cache
def _publisher() -> Any:
    from chalicelib.blog import composition  # noqa: PLC0415 - the API renders no site

    return composition.publisher(settings, site, log)


@cache
def _welcome() -> Any:
    from chalicelib.blog import composition  # noqa: PLC0415 - the API sends no mail

    return composition.welcome(settings, site)


@cache
def _dead_letters() -> Any:
    from chalicelib.blog import composition  # noqa: PLC0415 - as above

    return composition.dead_letters(settings)


@app.on_dynamodb_record(
    stream_arn=settings.table_stream_arn, batch_size=100, starting_position="TRIM_HORIZON", name="publish"
)
def publish(event: DynamoDBEvent) -> dict[str, Any]:
    """Bring the site to what the posts say, after each change of one."""
    from chalicelib.blog.publishing import events  # noqa: PLC0415 - as above

    return events.publish(event.to_dict()["Records"], _publisher(), _dead_letters(), region, log)


@app.on_dynamodb_record(
    stream_arn=settings.subscriber_stream_arn, batch_size=10, starting_position="TRIM_HORIZON", name="welcome"
)
def welcome(event: DynamoDBEvent) -> dict[str, Any]:
    """Send the welcome mail to everybody who has subscribed; every region has this stream, one of them is home."""
    # The other region need not look at each record. That home does not move meanwhile, each claim of a mail makes sure.
    if not home.is_here():
        return {"batchItemFailures": []}
    from chalicelib.blog.publishing import events  # noqa: PLC0415 - as above

    return events.welcome(event.to_dict()["Records"], _welcome(), _dead_letters(), log)


@app.on_sns_message(topic=settings.mail_events_topic_arn, name="suppress")
def suppress(event: SNSEvent) -> None:
    """Write no more to addresses from which mail came back, or whose owners complained."""
    for address in mail_events.unwelcome_at(event.message):
        log.info("suppressed", extra={"known": subscriptions.suppress(address)})


@cache
def _thumbnails() -> Any:
    from chalicelib.blog import composition  # noqa: PLC0415 - the API makes no pictures

    return composition.thumbnails(settings)


@cache
def _catalogue() -> Any:
    from chalicelib.blog import composition  # noqa: PLC0415 - as above

    return composition.catalogue(settings)


@app.on_s3_event(
    bucket=settings.uploads_bucket_name,
    events=["s3:ObjectCreated:*", "s3:ObjectRemoved:*"],
    prefix=UPLOADS,
    name="make_thumbnails",
)
def make_thumbnails(event: S3Event) -> None:
    """Make a photo's sizes of its file, or remove them."""
    for key in photo_events.keys(event.to_dict()):
        log.info("upload", extra={"key": key, "outcome": _thumbnails().follow(key)})


@app.on_sqs_message(queue=settings.thumbnails_queue_name, batch_size=10, name="catalogue_photos")
def catalogue_photos(event: SQSEvent) -> dict[str, Any]:
    """Write down what was made of photos, so that pages can show them."""

    def follow(record: batches.Record) -> None:
        for photo_id in photo_events.announced_photos(record["body"]):
            log.info("photo", extra={"photo": photo_id, "outcome": _catalogue().follow(photo_id)})

    return batches.handle_each(event.to_dict()["Records"], follow, log)


@app.schedule(Rate(1, unit=Rate.MINUTES), name="publish_scheduled")
def publish_scheduled(event: CloudWatchEvent) -> None:
    """Publish what was scheduled for now; every region has this clock, one of them is home."""
    if home.is_here() and (published := posts.publish_due()):
        log.info("published as scheduled", extra={"posts": published})


cold_start.ready()
