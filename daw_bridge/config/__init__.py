"""YAML that users write: where it lies, how it is read, and what is wrong with it."""
