"""Pages with forms, the pages that answer them, and the error pages. All work without JavaScript."""

from chalicelib.blog.pages import site as paths
from chalicelib.blog.pages import templates
from chalicelib.blog.pages.site import Site
from chalicelib.blog.search.model import Found

SUBSCRIBED = "If the address can receive mail, a message is on its way to it. It has a link that confirms the address."

_NOTHING = Found([])


def render_search(site: Site, query: str = "", found: Found = _NOTHING) -> str:
    """Write the search page: the form, and what a query has found."""
    return templates.render("search.html", site, paths.SEARCH, query=query, found=found)


def render_subscribe(site: Site) -> str:
    """Write the form to subscribe."""
    return templates.render("subscribe.html", site, paths.SUBSCRIBE, address="", problem="")


def render_refused(site: Site, address: str) -> str:
    """Write the form to subscribe with the text that was sent and is not a mail address."""
    problem = "This is not a mail address: it needs a name, an @ and a domain, without spaces and accents."
    return templates.render("subscribe.html", site, paths.SUBSCRIBE, address=address, problem=problem)


def render_subscribed(site: Site) -> str:
    """Write the page after subscribing. It does not show whether the address was known."""
    return _message(site, "Check your mailbox", SUBSCRIBED)


def render_confirm(site: Site, token: str) -> str:
    """Write the page that a welcome mail links to. Only its button confirms, because mail scanners follow links."""
    return _message(
        site,
        "Confirm your subscription",
        f"Confirm that you want to get new posts of {site.title} by mail.",
        action=paths.CONFIRM_ACTION,
        token=token,
        button="Yes, send me new posts",
    )


def render_confirmed(site: Site) -> str:
    """Write the page after confirming."""
    text = "Each new post will come to your address as one mail. Each mail has a link to unsubscribe."
    return _message(site, "You are subscribed", text)


def render_unsubscribe(site: Site, token: str) -> str:
    """Write the page that a mail's link to unsubscribe leads to; some mail programs have no button for it."""
    return _message(
        site,
        "Unsubscribe?",
        f"You will get no more mail from {site.title}.",
        action=paths.UNSUBSCRIBE_ACTION,
        token=token,
        button="Unsubscribe",
    )


def render_unsubscribed(site: Site) -> str:
    """Write the page after unsubscribing."""
    return _message(
        site,
        "You are unsubscribed",
        "You will get no more mail, apart from one that may be on its way. You can still read the blog and its feed.",
    )


def render_problem(site: Site, title: str, detail: str) -> str:
    """Write a problem of the API as a page."""
    return _message(site, title, detail)


def not_found(site: Site) -> str:
    """Write the page for addresses that do not exist."""
    return templates.render("not_found.html", site, paths.NOT_FOUND)


def render_unavailable(site: Site, text: str) -> str:
    """Write the page that the edge shows while the home region does not respond."""
    return _message(site, "Changes are not possible at the moment", text)


def _message(site: Site, title: str, text: str, action: str = "", token: str = "", button: str = "") -> str:
    return templates.render(
        "message.html", site, paths.NO_PATH, title=title, text=text, action=action, token=token, button=button
    )
