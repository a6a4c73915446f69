"""Bars to integers and back; numpy, pure, no I/O."""
