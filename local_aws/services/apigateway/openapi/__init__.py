"""Reads OpenAPI documents and stores what they define: the import of REST APIs."""
