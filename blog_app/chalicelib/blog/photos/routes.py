"""The routes of photos, for authors."""

from chalice.app import Response
from chalicelib.blog.composition import Blog
from chalicelib.blog.errors import PhotoNotFound
from chalicelib.blog.photos.model import NewPhoto, NewUpload, PhotoChange, PhotoId
from chalicelib.blog.photos.views import AnnouncedPhoto, AuthoredPhoto, PhotoQuery, parse_photo_id
from chalicelib.blog.problems import AUTHORS_ONLY
from chalicelib.blog.views import AUTHORS, DEFAULT_LIMIT, PRIVATE

from common.errors import Busy
from common.http import responses
from common.http.operations import ResponseSpec
from common.http.requests import ApiRequest
from common.http.routes import Routes

routes = Routes[Blog](group=AUTHORS, refusal=AUTHORS_ONLY)


@routes.route(
    "GET",
    "/author/photos",
    summary="List photos",
    query=PhotoQuery,
    returns={200: ResponseSpec(list[AuthoredPhoto], ("Link",))},
)
def list_photos(blog: Blog, request: ApiRequest, query: PhotoQuery) -> Response:
    """Returns photos of any status, the newest first."""
    path = "/author/photos"
    page = blog.photos.page(query.limit or DEFAULT_LIMIT, blog.page_links.after(path, query))
    items = [blog.photo_views.authored(photo) for photo in page.items]
    return responses.json(items, {**PRIVATE, **blog.page_links.next(path, query, page.next_after)})


@routes.route(
    "POST",
    "/author/photos",
    summary="Announce a photo",
    body=NewPhoto,
    returns={201: ResponseSpec(AnnouncedPhoto, ("Location",))},
    raises=(Busy,),
)
def add_photo(blog: Blog, request: ApiRequest, body: NewPhoto) -> Response:
    """Returns the form by which the file is sent to S3 within 15 minutes. The file has at most 20 MB."""
    return blog.photo_views.announced(*blog.photos.add(body))


@routes.route(
    "GET",
    "/author/photos/{photo_id}",
    summary="Get a photo",
    returns={200: ResponseSpec(AuthoredPhoto)},
    raises=(PhotoNotFound,),
)
def get_photo(blog: Blog, request: ApiRequest, photo_id: PhotoId) -> Response:
    """Returns a photo's status, and the reason if it was refused or failed."""
    return responses.json(blog.photo_views.authored(blog.photos.get(parse_photo_id(photo_id))), PRIVATE)


@routes.route(
    "PATCH",
    "/author/photos/{photo_id}",
    summary="Change a photo",
    body=PhotoChange,
    returns={200: ResponseSpec(AuthoredPhoto)},
    raises=(PhotoNotFound, Busy),
)
def change_photo(blog: Blog, request: ApiRequest, photo_id: PhotoId, body: PhotoChange) -> Response:
    """Changes the alternative text. Pages show it where a post's Markdown has no text of its own."""
    photo = blog.photos.change(parse_photo_id(photo_id), body)
    return responses.json(blog.photo_views.authored(photo), PRIVATE)


@routes.route(
    "POST",
    "/author/photos/{photo_id}/upload-form",
    summary="Get another form for a photo's file",
    body=NewUpload,
    returns={200: ResponseSpec(AnnouncedPhoto)},
    raises=(PhotoNotFound, Busy),
)
def renew_upload(blog: Blog, request: ApiRequest, photo_id: PhotoId, body: NewUpload) -> Response:
    """Returns a form that is valid for 15 minutes: for a photo that was refused or failed, or to replace a file."""
    return blog.photo_views.with_form(*blog.photos.renew_upload(parse_photo_id(photo_id), body))


@routes.route(
    "DELETE",
    "/author/photos/{photo_id}",
    summary="Delete a photo",
    returns={204: ResponseSpec()},
    raises=(PhotoNotFound, Busy),
)
def delete_photo(blog: Blog, request: ApiRequest, photo_id: PhotoId) -> Response:
    """Deletes a photo, its file and its renditions. Posts show the alternative text instead."""
    blog.photos.delete(parse_photo_id(photo_id))
    return responses.empty()
