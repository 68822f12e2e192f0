"""One OpenAPI 3.1 document per app, from the routes and the types that validate their requests.

msgspec's own JSON Schemas are OpenAPI 3.1's; the libraries that write the rest know no msgspec (apispec) or bring a web
framework of their own (Litestar), and Chalice's `generate-models` is not valid OpenAPI.
https://spec.openapis.org/oas/v3.1.1.html
"""
