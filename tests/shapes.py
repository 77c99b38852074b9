"""A pytest plugin: check every annotated shape of the networks while tests run.

It runs in a process of its own (see ``test_shapes.py``), because the checks cannot be traced,
and converting a network for OpenVINO traces it.
"""

from jaxtyping import install_import_hook

install_import_hook("pipelines.networks", "beartype.beartype")
