"""Commands from the outside world into a jam, and what happens in it out to whoever listens."""
