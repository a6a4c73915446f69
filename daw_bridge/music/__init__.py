"""Values and arithmetic of music; standard library only."""
