"""Pages with forms, the answers to them, and the page for what is not there. All work without JavaScript."""

from collections.abc import Sequence

from chalicelib.blog.pages import site as paths
from chalicelib.blog.pages import templates
from chalicelib.blog.pages.site import Site
from chalicelib.blog.search.search_index import Found


def render_search(site: Site, query: str = "", found: Sequence[Found] = ()) -> str:
    """Write the search page: the form alone without a query, else with what was found."""
    return templates.render("search.html", site, paths.SEARCH, query=query, found=found)


def render_subscribe(site: Site) -> str:
    """Write the form to subscribe."""
    return templates.render("subscribe.html", site, paths.SUBSCRIBE, address="", problem="")


def render_refused(site: Site, address: str) -> str:
    """Write the form to subscribe once more, with what was sent and is no address."""
    problem = "This is not a mail address: it needs a name, an @ and a domain, without spaces and accents."
    return templates.render("subscribe.html", site, paths.SUBSCRIBE, address=address, problem=problem)


def render_subscribed(site: Site) -> str:
    """Write the answer to subscribing. It is the same whether or not the address was known."""
    text = "If the address can receive mail, a message is on its way to it. It has a link that confirms the address."
    return _message(site, "Look into your mailbox", text)


def render_confirm(site: Site, token: str) -> str:
    """Write the page behind a mail's link: mail scanners follow links, so that only its button confirms."""
    return _message(
        site,
        "Confirm your subscription",
        f"One click, and your address is on the list for new posts of {site.title} by mail.",
        action=paths.CONFIRM_ACTION,
        token=token,
        button="Yes, put me on the list",
    )


def render_confirmed(site: Site) -> str:
    """Write the answer to confirming."""
    text = "Once new posts are sent by mail, they come to your address. Each mail has a link to stop them."
    return _message(site, "You are on the list", text)


def render_unsubscribe(site: Site, token: str) -> str:
    """Write the page behind a mail's link to unsubscribe, for readers whose mail program has no button for it."""
    return _message(
        site,
        "Stop the mails?",
        f"You will get no more mail from {site.title}.",
        action=paths.UNSUBSCRIBE_ACTION,
        token=token,
        button="Unsubscribe",
    )


def render_unsubscribed(site: Site) -> str:
    """Write the answer to unsubscribing."""
    return _message(site, "You are unsubscribed", "No more mail will come. The blog and its feed stay open to you.")


def render_problem(site: Site, title: str, detail: str) -> str:
    """Write an API's problem for a browser: what is wrong, in words."""
    return _message(site, title, detail)


def not_found(site: Site) -> str:
    """Write the page for a path where nothing is."""
    return templates.render("not_found.html", site, paths.NOT_FOUND)


def unavailable(site: Site) -> str:
    """Write the page for when the region that takes the writes cannot be reached."""
    text = "The region that takes what is sent cannot be reached. Reading goes on; please send it again later."
    return templates.render(
        "message.html", site, paths.UNAVAILABLE, title="Writing is not possible just now", text=text, action=""
    )


def _message(site: Site, title: str, text: str, action: str = "", token: str = "", button: str = "") -> str:
    return templates.render(
        "message.html", site, paths.NO_PATH, title=title, text=text, action=action, token=token, button=button
    )
