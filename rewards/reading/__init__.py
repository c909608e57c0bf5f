"""Read what a response says: its text, numbers, units, languages, and stated answer."""
