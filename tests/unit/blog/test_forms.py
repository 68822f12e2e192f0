"""Every form of our pages is accepted by its route."""

from urllib.parse import urlencode

import pytest
from chalicelib.blog.pages import forms

from tests.unit.blog.pages.markup import Document, parsed
from tests.unit.blog.pages.samples import SITE, every_page
from tests.unit.blog.stage import Stage
from tests.unit.blog.test_subscribers import ADDRESS, subscribe, token
from tests.unit.stage import Response

BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"
# What a reader types, by the kind of field.
TYPED = {"email": ADDRESS, "search": "herons"}
# How each form's page is come by, and what its route answers.
PAGES = {
    "/api/search": (lambda _blog: forms.render_search(SITE), 200),
    "/api/subscribers": (lambda _blog: forms.render_subscribe(SITE), 202),
    "/api/subscribers/confirm": (lambda blog: linked(blog, "confirm"), 200),
    "/api/subscribers/unsubscribe": (lambda blog: linked(blog, "unsubscribe"), 200),
}


def linked(blog: Stage, verb: str) -> str:
    """The page behind a link of a welcome mail."""
    subscribe(blog)
    return blog.read("GET", f"/subscribers/{verb}?token={token(blog)}", Accept=BROWSER).body.decode()


def submit(blog: Stage, page: Document, typed: dict[str, str] | None = None) -> Response:
    """Send a page's only form as a browser does, with what is `typed` into its fields by their type."""
    form = page.one("form").attributes
    fields = {
        field.attributes["name"]: (typed or TYPED).get(field.attributes["type"], field.attributes["value"])
        for field in page.all("input")
    }
    action = form["action"].removeprefix("/api")
    if form["method"] == "get":
        return blog.read("GET", f"{action}?{urlencode(fields)}", Accept=BROWSER)
    return blog.read("POST", action, urlencode(fields), Accept=BROWSER)


@pytest.mark.parametrize("action", PAGES)
def test_the_route_of_each_form_accepts_it(blog: Stage, action: str):
    page, status = PAGES[action]
    form = parsed(page(blog))
    assert form.one("form").attributes["action"] == action
    response = submit(blog, form)
    assert (response.status, response.headers["content-type"]) == (status, "text/html; charset=utf-8")


def test_every_form_of_the_pages_is_tested():
    assert {form.attributes["action"] for page in every_page().values() for form in parsed(page).all("form")} == set(
        PAGES
    )


@pytest.mark.parametrize("typed", ["nobody", "", '"><script>alert(1)</script>'])
def test_a_mistyped_address_is_answered_with_the_form_and_the_address(blog: Stage, typed: str):
    response = submit(blog, parsed(forms.render_subscribe(SITE)), {"email": typed})
    assert (response.status, response.headers["content-type"]) == (422, "text/html; charset=utf-8")
    page = parsed(response.body.decode())
    field = page.one("input").attributes
    assert (field["value"], field["aria-invalid"]) == (typed, "true")
    assert "address" in page.one("p", id=field["aria-describedby"]).text
    assert submit(blog, page).status == 202


def test_programs_get_a_problem_even_for_a_form(blog: Stage):
    refused = blog.read("POST", "/subscribers", "address=nobody")
    assert (refused.status, refused.field) == (422, "address")
    assert refused.headers["content-type"] == "application/problem+json"


def test_other_mistakes_are_answered_with_a_page_that_names_them(blog: Stage):
    unknown = blog.read("POST", "/subscribers", "mail=nobody", Accept=BROWSER)
    assert unknown.status == 422
    assert not parsed(unknown.body.decode()).all("form")
    for query, body in (("?address=x", "address=a&address=b"), ("?address=x", f"address={ADDRESS}")):
        asked = blog.read("POST", f"/subscribers{query}", body, Accept=BROWSER)
        assert asked.status == 400
        assert not parsed(asked.body.decode()).all("form")
    sent_json = blog.read("POST", "/subscribers", {"address": "nobody"}, Accept=BROWSER)
    assert sent_json.status == 422
    assert not parsed(sent_json.body.decode()).all("form")
