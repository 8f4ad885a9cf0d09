"""The pages of experiments: the list of all that divide visitors, and one with its tabs."""
