"""The routes under ``/v1``, a module a group; each asks one query and computes nothing."""
