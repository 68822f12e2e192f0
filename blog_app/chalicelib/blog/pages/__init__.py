"""The reading site as pure functions: posts in, complete HTML, feed, sitemap and search index out. No I/O.

`posts` one post, its text by `markdown` and `markdown_rules`; `lists` index, tag, archive; `forms` search, subscribe,
confirm, unsubscribe, messages, 404; `feeds` Atom, sitemap, robots; `search` the index and its use; `failing_posts`
leaves out posts that break these two; `assets` the hashed files that pages name; `site` the site's facts and its paths.
Nothing heavy is imported before it is needed.
"""
