"""What moves in a lesson: widgets for the keyboard and the mouse, each with a picture for where no kernel runs."""
