"""Character drawings with exact labels, to train on: ``python -m pipelines.training.characters``."""
