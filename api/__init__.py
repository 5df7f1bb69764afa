"""What people look at: pictures as self-contained pages, later the HTTP API."""
