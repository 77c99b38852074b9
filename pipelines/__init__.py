"""The machine: everything that can be generated, and how it learns.

>>> from pipelines import catalog
>>> "pomona" in [card.id for card in catalog.available()]
True
"""
