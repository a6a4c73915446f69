"""Trained networks: integers in, logits out; numpy only."""
