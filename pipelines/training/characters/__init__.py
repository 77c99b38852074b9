"""Character drawings with exact labels: ``python -m pipelines.training.characters``."""
