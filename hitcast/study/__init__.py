"""The study behind notebook 02: what makes a hit, and what careless methods make of the answer."""
