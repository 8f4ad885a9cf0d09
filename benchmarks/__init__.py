"""What does each promise measure here? Every figure with its yardstick in the same run; `make bench` writes
docs/performance.md."""
