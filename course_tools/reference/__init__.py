"""Reference runs: what the course's own numbers come from, measured and written into `data/results/`.

publishing    a finished run becomes part of the course's data, and the README's tables say so
leaderboard   every model that ships, measured in one run
ablation      what each option of a recipe is worth
coverage      how many faces the detector finds
reproduction  what each reading of the slides is worth
overfitting   short runs on the twin with each remedy at each strength

``convert_lite0`` made the backbone that ImageNet has taught, and ``compare_lite0`` proves it.
"""
