"""emocourse: facial emotion recognition with deep learning, taught in notebooks.

The modules load when they are first used; see the README for the rooms and what is in each.
"""

__version__ = "0.1.0"
