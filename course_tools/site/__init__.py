"""The course's web pages: what makes them of the lessons, the records and the package's docstrings.

``build`` is `make site`; ``pages`` writes what Sphinx reads, ``icons`` lightens what it makes; ``demo`` lays the demo's
page together, ``vendor`` fetches its third-party files, ``measure`` measures it in a browser; ``images`` draws the
README's images, and ``readme`` writes its table of lessons.
"""
