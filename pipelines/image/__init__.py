"""Pictures: one module for each model family."""
