"""MIDI devices, and the clock that each brings."""
