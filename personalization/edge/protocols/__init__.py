"""In which languages may the edge be spoken to? One file for each, which exports its routes."""
