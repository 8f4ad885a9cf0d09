"""The steps that `tracking.pipeline` walks a request through, by what they ask."""
