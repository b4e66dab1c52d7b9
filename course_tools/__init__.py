"""What makers and instructors run in a checkout; not in the wheel.

authoring     from the lessons' sources to the notebooks that students and instructors open
grading       `emocourse grade`: what a class hands in, run in boxes, judged, and reported
reference     reference runs: what the course's own numbers come from
site          the course's web pages
twin_fit      `emocourse twin fit`: the landmark twin's parameters, from FER2013
twin_check    `emocourse twin check`: how near the twin comes to what it was fitted on
marks         parts of a text file that are made by the course
"""
