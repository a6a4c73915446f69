"""Live logic: no clock, no device; threads in `worker` alone."""
