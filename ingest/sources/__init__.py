"""The sources, one small module each."""
