"""The networks: plain torch modules, sizes from config, one file per family."""
