"""Music: model families whose works are scores."""
