"""The live demo: ``camera`` is the widget, ``messages`` what it hears and tells; the page's script lies beside them."""

from .camera import Webcam

__all__ = ["Webcam"]
