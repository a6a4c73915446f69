"""What is heard of pieces of a few bars, in figures: pure functions of bars, by kind of music."""
