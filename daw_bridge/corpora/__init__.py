"""Folders of music to bars and tokens: sources, readers, pieces, splits; no torch."""
