"""Graph libraries and a database, each asked the same questions in its own best way."""
