"""What a person's library has taught, as one dataset to take along, and back in again.

A zip that unpacks into a folder as the Hugging Face Hub understands it: a card (``README.md``) and
three configs in Parquet. ``pictures`` are pairs of pictures as diffusers' Diffusion-DPO script
reads them, ``pairs`` the same for texts, ``events`` the whole library, row by row, from which
another library can be made. docs/how-it-learns.md says what goes and what does not.

Modules: `comparing` (which pairs), `painting` (a recipe as picture or text), `parquet` (columns),
`packing` (library to zip), `archive` (is a zip safe), `judging` (is a row sound), `weights`
(taught versions), `merging` (zip to library), `jobs` (in the background).
"""
