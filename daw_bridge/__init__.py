"""Play trained networks in a musician's DAW over MIDI."""

__version__ = "0.1.0"
