"""Bars as something to look at: grids, rolls and contact sheets."""
