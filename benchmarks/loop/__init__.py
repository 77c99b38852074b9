"""How well the loop learns, on artists who are simulated; see docs/how-it-learns.md."""
