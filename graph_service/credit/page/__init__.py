"""The page of a storm's credit: one self-contained HTML file, drawn without a script and without the network."""
