"""Sources: fetch -> raw documents on disk -> parse (pure) -> claims -> load."""
