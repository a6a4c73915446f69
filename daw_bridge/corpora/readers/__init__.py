"""One reader for each format of music: bytes to what they say, before a role is picked."""
