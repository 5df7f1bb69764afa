"""The only package that imports database drivers."""
