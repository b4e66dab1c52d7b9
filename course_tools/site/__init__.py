"""The course's web pages: what makes them of the lessons, the records and the package's docstrings.

``build`` is `make site`; ``pages`` writes what Sphinx reads; ``demo`` lays the demo's page together; ``vendor`` fetches
its third-party files; ``images`` draws the README's images; ``measure`` measures the demo in a browser.
"""
