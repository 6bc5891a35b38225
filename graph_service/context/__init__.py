"""What surrounds a household: storms, the buildings they came over, and how hard they hit."""
