"""What came of what was shown? Counted as it happens (`days`, `sketch`), read by period (`reading`), and told with how
sure one can be (`report`)."""
