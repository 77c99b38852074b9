"""How the models learn: one file per way of learning, and the command that runs them."""
