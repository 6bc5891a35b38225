"""A match run in its steps: read the graph, inherit ids, derive what is to be remembered, write the difference."""
