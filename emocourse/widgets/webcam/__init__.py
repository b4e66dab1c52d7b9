"""The live demo: a camera in the page, the engine in the kernel, and nothing kept of what they exchange.

camera     the widget: frames in, people and words out
messages   what comes from the page, distrusted until checked, and what goes back
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs={"camera": ["Webcam"]})
