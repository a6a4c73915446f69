"""YAML that users write: where it lies, how it is read, and what is wrong with it."""

import os

# pydantic would look through every package that is installed for plugins of its own, at each start.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
