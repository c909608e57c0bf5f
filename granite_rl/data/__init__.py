"""Read prompt data: the row schema, its readers, and the resumable domain-mixed prompt stream."""
