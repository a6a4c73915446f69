"""Environments to learn in, of Gymnasium; importing this registers them."""
