"""The library's schema, one file a step; `studio.library.opening.migrate` runs them."""
