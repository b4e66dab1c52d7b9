"""The records of reference runs, and the tables made from them. `schema.json` says what each kind of record holds.

records       a run's record: made, checked, written beside its figures, read
provenance    where a number comes from, fit to publish: command, versions, machine without its name
tables        the results of runs as a table in Markdown
leaderboard   every model measured in one run, and its tables
ablation      what each option of a recipe is worth, and its table
reproduction  what each reading of the slides is worth, and its table
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "ablation": ["ablation_table", "read_ablation"],
        "leaderboard": ["leaderboard_tables", "read_leaderboard"],
        "records": [
            "folder",
            "read",
            "read_all",
            "read_overfitting",
            "read_run",
            "record",
            "write",
            "write_figures",
            "write_run",
        ],
        "reproduction": ["read_reproduction", "reproduction_table"],
        "tables": ["markdown_table", "table"],
    },
)
