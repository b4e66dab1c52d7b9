"""Files from outside, read with suspicion, and files of our own, written beside and then renamed.

store      the course's own data, the cache, JSON, writing that leaves nothing half-written
archives   unpacks .zip and .tar under limits
arrays     reads .npz files without running code
images     reads any image as grey or colour
native     hands files to libraries that open them by a path in the system's old code page
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "images": ["read", "read_colour", "resize"],
        "native": ["load_by_path"],
        "store": [
            "atomic_write",
            "cache_dir",
            "data_path",
            "read_arrays",
            "read_json",
            "read_text",
            "sha256",
            "write_json",
        ],
    },
)
