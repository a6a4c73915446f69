"""Work on kits and loop packs: detect, remap, standardise, combine; no I/O."""
