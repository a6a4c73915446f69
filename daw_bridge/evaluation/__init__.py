"""How good a model is: likelihood, features, diversity and copying, beside simple baselines."""
