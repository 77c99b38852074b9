"""Verse: model families whose works are text."""
