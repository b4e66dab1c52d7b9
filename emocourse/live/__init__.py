"""The live system: people followed from frame to frame, read, and watched for drowsiness.

engine       a frame in, people with emotions out
tracker      who is who; `search` finds faces again cheaply, `appearance` knows people by their looks
drowsiness   eyes, yawns and PERCLOS of one person; `eyelids` finds blinks
film         a whole film to a timeline and an annotated copy: `video_in` reads it, `video_out` writes both
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "drowsiness": ["Monitor", "State"],
        "engine": ["DEFAULT_MODEL", "Engine", "Person"],
        "eyelids": ["Settings"],
        "film": ["watch"],
        "tracker": ["Tracker"],
    },
)
