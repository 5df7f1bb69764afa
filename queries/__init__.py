"""One module a question; results are frozen dataclasses in a fixed order."""
