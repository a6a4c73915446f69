"""Loop packs: what a loop is by its name, and new loops from parts of old ones; no I/O."""
