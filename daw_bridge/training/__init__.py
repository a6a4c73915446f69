"""Training, one readable file a method; torch lives here and nowhere else."""
