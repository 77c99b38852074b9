"""What a studio imports while it starts; see `tests.studio.forked`."""

import gc
import importlib
import pkgutil
import threading

from studio.settings import quieten

MODULES = (
    "alembic.command",
    "safetensors.torch",
    "torch",
    "uvicorn.lifespan.on",
    "uvicorn.protocols.http.auto",
    "uvicorn.protocols.websockets.auto",
    "studio.start",
    "studio.server",
)
BESIDE_GRADIO = (
    "studio.binding",
    "studio.binding_bring",
    "studio.binding_finish",
    "studio.binding_turns",
    "studio.views.dress",
    "studio.views.page",
)
FAMILIES = ("pipelines.image", "pipelines.music", "pipelines.verse")


def load(*names: str) -> None:
    """Import modules by name."""
    for name in names:
        importlib.import_module(name)


quieten()
gc.disable()  # as the studio does while it imports
load(*MODULES)
importlib.import_module("pipelines.compiling").openvino()
importlib.import_module("studio.gradio_loading").load_gradio()
load(*BESIDE_GRADIO)
for family in FAMILIES:
    places = importlib.import_module(family).__path__
    load(*(one.name for one in pkgutil.iter_modules(places, f"{family}.")))
assert threading.active_count() == 1, "a fork has no other thread"
gc.freeze()
gc.enable()
