"""MyBlog: posts, pages, subscribers. The domain imports no AWS and no HTTP; adapters are one file a service."""
