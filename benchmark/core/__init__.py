"""The vocabulary (specs, settings, presets, errors) and the cache of computed files."""
