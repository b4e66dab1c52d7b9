"""From the lessons' sources to notebooks: `emocourse lessons`, which `make lessons` runs.

sources       reading a source; the student's and the instructor's notebook; the whole build
cells         which cells are exercises and checks, and what each is worth
execution     running a notebook, and keeping what the next run would give again
glossary      each term linked where a lesson first uses it
hosting       Binder and Colab: what depends on where the course lies
usage         which lessons use a public function, said in its docstring
"""
