"""MIDI as bytes, and as files."""
