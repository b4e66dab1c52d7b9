"""What the checks of each lesson try; `emocourse.checks` imports them when they are needed."""
