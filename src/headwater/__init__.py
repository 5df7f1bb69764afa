"""headwater: the knowledge graph of model lineage."""

__version__ = "0.1.0"
