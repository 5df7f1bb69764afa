"""Identity, schema as data, the snapshot store and the lineage engine."""
