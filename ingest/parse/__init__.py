"""Pure functions: raw documents -> claims. No network, no disk."""
