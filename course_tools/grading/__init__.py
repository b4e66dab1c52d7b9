"""`emocourse grade`: submissions are read with suspicion, run in a box, judged in another, and reported.

grade         the command: a folder of submissions, one after the other or several at once
submissions   what was handed in: folders, zips, exports of Moodle, Canvas and Blackboard
lessons       the lessons as the grader knows them, and what to run of a submission
sandbox       one submission from start to end: two boxes, the wire between them, the clock
box           bubblewrap, a container, or nothing; limits of memory, time, disk, processes
student       what runs in a submission's box: nbclient and a kernel
judge         what runs in the judge's box: the checks
wire          how answers are asked across: plain data, stand-ins for functions
report        grades for a table, a page, nbgrader's book and JSON
"""
