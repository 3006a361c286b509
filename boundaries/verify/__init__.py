"""Every invariant of a release, re-checked from its files alone: rules, and what they read."""
