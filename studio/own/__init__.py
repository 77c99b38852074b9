"""Train one's own model: pictures that are brought (`albums`), and jobs on the queue (`jobs`).

A model that was made belongs to who made it (`owners`); the work itself is done by
`pipelines.training.own_working` in the one worker of `studio.tuning.queue`.
"""
