"""The little synth language, a subset of Glicol: its text, its nodes, and an engine of our own."""
