"""How is a fresh Anytown drawn? People and homes first, then how they can be reached, then what six systems saw."""
