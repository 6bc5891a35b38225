"""From an event that arrives to the chain it becomes part of: read, bound, spliced, written."""
