"""How StormGraph remembers and asks: Cypher files, the graph's vocabulary and its migrations (data, not code)."""
