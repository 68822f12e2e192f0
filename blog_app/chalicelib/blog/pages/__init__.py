"""The reading site as pure functions: posts in, complete HTML, feed and sitemap out. No I/O.

`posts` one post; its text by `markdown`, with `headings`, `references`, `footnotes`, `figures` and `listings`; `lists`
index, tag, archive; `forms` search, subscribe, confirm, unsubscribe, messages, 404; `feeds` Atom, sitemap, robots;
`failing_posts` leaves out posts that break them; `assets` the hashed files that pages name; `site` the site's facts and
its paths. Nothing heavy is imported before it is needed.
"""
