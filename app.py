"""Duet: a studio in which artists and generative models make things together.

``python app.py`` serves it on this computer; on a Hugging Face Space the same file is the entry
point. Every argument has an environment variable beside it: ``python app.py --help``.
"""

from studio.start import leave, main

if __name__ == "__main__":
    leave(main())
