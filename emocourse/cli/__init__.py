"""The command ``emocourse``: an option and its effect in one place.

main      the command itself, how it ends; doctor, predict, watch
data      data info, audit, votes, coverage, download; preprocess
models    train, evaluate, ensemble, models
tools     what needs a checkout: lessons, grade, twin, results, leaderboard, ablation
options   what they share: how a command is made, --json, --data, progress
"""

__all__: list[str] = []
