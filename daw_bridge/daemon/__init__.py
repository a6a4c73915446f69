"""From names to a running jam: its settings, the source of its bars, its performance, takes."""
