"""Policies in many lanes at once, in torch: what samples by the thousand, to learn from it."""
