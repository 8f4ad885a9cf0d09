"""How is an installation looked after? The pages under Settings."""
