"""Teaching: the one queue for all training, the versions that come of it, and their proof.

`studio.tuning.queue.Tuning` runs one worker process; `versions` is the family tree of models,
`proof` the blind test, `card` its picture, `sliders` the directions that an artist teaches.
"""
