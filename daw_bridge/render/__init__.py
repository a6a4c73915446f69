"""Bars to things that one can hear and see."""
