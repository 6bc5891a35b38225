"""What the project uses on itself: its rules, its generated documents, its pins; none of it ships."""
