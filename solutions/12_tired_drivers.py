# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Tired drivers
#
# **You will learn** to measure how far somebody's eyes are open; to calibrate that to a person; to turn it into blinks
# and PERCLOS, the classic measure of drowsiness; to build an alarm and choose its threshold by an experiment; and what
# privacy and the law demand.
#
# **You need** lesson 04 (landmarks), and functions, loops and NumPy masks.
#
# **Time** 90 minutes to read and try; about two minutes to run on an ordinary processor with two cores.
#
# **Data** films of drawn drivers, made from the *twin*, whose every blink we know.

# %% [markdown]
# ## Not a question of feelings
#
# The slides name tired drivers as an application. Whether somebody is *angry* is hard to see in a face; this course has
# shown how hard. Whether somebody's eyes are *closed* isn't about feelings at all. It's geometry.
#
# Each eye has six landmarks, p1 to p6. p1 and p4 are the corners, p2 and p3 lie on the upper lid, and p5 and p6 on the
# lower one, below p3 and p2. Among the 68 landmarks, the eyes are rows 36 to 41 and 42 to 47.

# %%
import matplotlib.pyplot as plt
import numpy as np

from emocourse import checks, faces, live, plots, twin

person = twin.random_driver(7)
frame = next(iter(twin.film(twin.Schedule(1), person, fps=5, seed=7)))
points = faces.predict(frame.image, frame.box)
eye = points[36:42]
figure, axes = plt.subplots(figsize=(5, 3.2))
axes.imshow(frame.image, cmap="gray")
axes.plot(*eye.T, "o", color=plots.SERIES[1])
for k, (x, y) in enumerate(eye, start=1):
    axes.annotate(f"p{k}", (x, y), (0, 7 if k < 4 else -14), textcoords="offset points", color=plots.SERIES[1])
(left, top), (right, bottom) = eye.min(axis=0) - 12, eye.max(axis=0) + 12
axes.set(xlim=(left, right), ylim=(bottom, top), title="Six landmarks of an eye", xticks=[], yticks=[])
plots.show(
    figure,
    "A drawn eye with six numbered dots: p1 and p4 in its corners, p2 and p3 on the upper lid, p5 and p6 on the lower "
    "lid, p6 below p2 and p5 below p3.",
)

# %% [markdown]
# ### Exercise 12.1
#
# Soukupová and Čech defined the *eye aspect ratio* (EAR) in 2016: how high the open eye is, compared with its width.
#
# `EAR = (|p2 − p6| + |p3 − p5|) / (2 · |p1 − p4|)`
#
# Write it for one person, as the mean of both eyes. |p − q| is the distance between two points; `np.linalg.norm(p - q)`
# works it out.


# %% name="exercise-12-1"
def eye_aspect_ratio(points):
    """EAR of landmarks (68, 2): the mean of both eyes."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 12.1: write the body of eye_aspect_ratio")
    points, ratios = np.asarray(points, float), []
    for first in (36, 42):
        p1, p2, p3, p4, p5, p6 = points[first : first + 6]
        heights = np.linalg.norm(p2 - p6) + np.linalg.norm(p3 - p5)
        ratios.append(heights / (2 * np.linalg.norm(p1 - p4)))
    return np.mean(ratios)
    # END SOLUTION


# %% name="check-12-1"
checks.check("12.1", eye_aspect_ratio)

# %% [markdown]
# ### What the landmarks make of closed eyes
#
# Many programs call an eye closed when its EAR is below some fixed number: you find 0.16 in one place and 0.30 in
# another. Let's look at six drawn people, with their eyes open and then closed, through dlib's landmarks.

# %% tags=["nbval-ignore-output"] reason="landmarks differ by a pixel between machines"
eye_aspect_ratio = checks.use("12.1", eye_aspect_ratio)
for seed in range(6):
    still, ears = twin.Schedule(10, closures=((5, 4.8),)), []
    for frame in twin.film(still, twin.random_driver(seed), fps=5, seed=seed):
        ears.append(eye_aspect_ratio(faces.predict(frame.image, frame.box)))
    print(f"driver {seed}: open {np.median(ears[:20]):.2f}, closed {np.median(ears[-20:]):.2f}")

# %% [markdown]
# Two things stand out. People differ: one person's open eyes can be as narrow as another's half-closed ones. And dlib's
# landmarks never close an eye fully, because dlib learnt from photos in which hardly anybody blinks. A fixed threshold
# would call some people always asleep and others never.
#
# ### Exercise 12.2
#
# So *calibrate*: learn what this person's open and closed eyes measure, and put every reading on a scale between the
# two. *Openness* is 1 at `open_ear` and 0 at `closed_ear`, and it changes in a straight line between them. Eyes that
# are opened wider are just open: nothing goes above 1 or below 0. Where the face wasn't seen, the EAR is NaN, "not a
# number"; leave it that way.


# %% name="exercise-12-2"
def openness(ears, open_ear, closed_ear):
    """ears: (n,). Returns (n,), 1 for open and 0 for closed."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 12.2: write the body of openness")
    return np.clip((np.asarray(ears, float) - closed_ear) / (open_ear - closed_ear), 0, 1)
    # END SOLUTION


# %% name="check-12-2"
checks.check("12.2", openness)

# %% [markdown]
# ## A whole drive
#
# Five drawn minutes: the driver is awake for the first, gets drowsy over the next three, and wakes up again in the
# last. We know every blink. Each frame is drawn, read by dlib, and turned into an EAR by *your* function. Calibration
# is simple here. The median of the first eight seconds says what open is, since a blink or two doesn't move a median.
# The lowest one per cent of the first minute says what closed is, since everybody blinks in a minute.
#
# The course's own monitor, `live.Monitor`, runs beside it for comparison. This takes about twenty seconds.


# %% tags=["nbval-ignore-output"] reason="landmarks differ by a pixel between machines"
def ride(schedule, seed):
    """Film a drive: times (n,), your openness (n,), and what the course's monitor said in each frame."""
    times, ears, monitor, said = [], [], live.Monitor(), []
    for frame in twin.film(schedule, twin.random_driver(seed), fps=10, seed=seed):
        points = None if frame.box is None else faces.predict(frame.image, frame.box)
        times.append(frame.time)
        ears.append(np.nan if points is None else eye_aspect_ratio(points))
        said.append(monitor.update(points, frame.time))
    times, ears = np.array(times), np.array(ears)
    open_ear, closed_ear = np.nanmedian(ears[times < 8]), np.nanpercentile(ears[times < 60], 1)
    return times, openness(ears, open_ear, closed_ear), said


openness = checks.use("12.2", openness)
schedule = twin.tired(5, seed=7)
times, lids, said = ride(schedule, seed=7)

# %% [markdown]
# ### Exercise 12.3
#
# Eyes closed for a moment mean nothing; eyes closed for a good part of a minute do. The classic measure is *PERCLOS*:
# the share of the last minute in which the lids covered at least 80 % of the eye, so the openness was at most 0.2
# (Wierwille and others, 1994).
#
# Write it. There are two traps. A camera's frames don't arrive evenly, so count *time*, not frames: let each frame
# stand for the time until the next one; the last frame then has no time of its own. And where the face wasn't seen, the
# openness is NaN: that time counts neither as closed nor as open.


# %% name="exercise-12-3"
def perclos(times, openness, window=60):
    """Share (0 to 1) of the last `window` seconds of seen time with closed eyes. times, openness: (n,)."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 12.3: write the body of perclos")
    lasts = np.diff(times)
    counts = (times[:-1] >= times[-1] - window) & np.isfinite(openness[:-1])
    closed = openness[:-1] <= 0.2
    return lasts[counts & closed].sum() / lasts[counts].sum()
    # END SOLUTION


# %% name="check-12-3"
checks.check("12.3", perclos)

# %% [markdown]
# Here's your PERCLOS over the whole drive, beside the true one. We know it, since we drew the driver.


# %% tags=["nbval-ignore-output"] reason="landmarks differ by a pixel between machines"
def perclos_so_far(times, lids, window=60):
    """PERCLOS at each frame from the 60th second on; NaN before that."""
    known = np.flatnonzero(times >= 60)
    values = np.full(len(times), np.nan)
    values[known] = [perclos(times[: k + 1], lids[: k + 1], window) for k in known]
    return values


perclos = checks.use("12.3", perclos)
share = perclos_so_far(times, lids)
true_share = np.interp(times, schedule.times, schedule.perclos())
late = times >= 60
print(f"largest error after the first minute: yours {np.max(abs(share - true_share)[late]):.3f}", end=", ")
print(f"the monitor's {max(abs(s.perclos - t) for s, t in zip(said, true_share, strict=True) if s.time >= 60):.3f}")

figure, (above, below) = plt.subplots(2, 1, figsize=(9, 4.6), sharex=True)
above.plot(times / 60, lids, color=plots.SERIES[0], lw=0.6)
above.set(title="Openness of the lids", ylim=(-0.05, 1.05))
below.plot(times / 60, share, color=plots.SERIES[0], label="yours")
below.plot(times / 60, true_share, ":", color="black", label="true")
below.set(title="PERCLOS: share of the last minute with closed eyes", xlabel="minutes", ylim=(0, None))
below.legend()
figure.tight_layout()
plots.show(
    figure,
    "Two panels over five minutes. The openness of the lids has a dip for each blink, and sinks as a whole while the "
    f"driver is drowsy. PERCLOS rises to {np.nanmax(share):.0%} and falls again late in the last minute; the true one, "
    "dotted, runs close to it.",
)

# %% [markdown]
# ### Exercise 12.4
#
# A *blink* lasts a tenth to four tenths of a second. How often and how long somebody blinks changes with drowsiness, so
# Caffier and others (2003) use blinks themselves as a measure. Count them: a blink begins when the openness falls below
# 0.5 and ends when it's back at 0.5 or more, and it counts if at most `longest` seconds lie between the two. A closure
# that hasn't ended yet doesn't count.


# %% name="exercise-12-4"
def count_blinks(times, openness, longest=0.5):
    """times, openness: (n,). Returns how many blinks have ended."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 12.4: write the body of count_blinks")
    blinks, began = 0, None
    for time, value in zip(times, openness, strict=True):
        if value < 0.5 and began is None:
            began = time
        elif value >= 0.5:
            if began is not None and time - began <= longest:
                blinks += 1
            began = None
    return blinks
    # END SOLUTION


# %% name="check-12-4"
checks.check("12.4", count_blinks)

# %% [markdown]
# How does it do, first while the driver is wide awake, then over the whole drive?

# %% tags=["nbval-ignore-output"] reason="landmarks differ by a pixel between machines"
count_blinks = checks.use("12.4", count_blinks)
first = times < 60
early = sum(start < 60 for start, _ in schedule.blinks)
print(f"first minute: {count_blinks(times[first], lids[first])} counted, {early} true")
print(f"whole drive: {count_blinks(times, lids)} counted, {len(schedule.blinks)} true")
print(f"the course's monitor, whole drive: {said[-1].blinks} counted")

# %% [markdown]
# While the driver is awake, that's close. Later it counts too many, and the upper panel shows why: drowsy lids hang at
# half height, and every tremble around 0.5 looks like a blink. So the course's monitor asks for a drop of a certain
# depth from where the lids were just before. A measure that works in the first minute needn't work in the fourth.
#
# ### Exercise 12.5
#
# An alarm that starts at 15 % and stops below 15 % would switch on and off with every blink around that mark. So alarms
# have two thresholds: they start *at or above* the upper one, and stop only *below* the lower one. In between, they
# stay as they are. This is called *hysteresis*; a heating thermostat works the same way.


# %% name="exercise-12-5"
def hysteresis(values, on, off):
    """For each of `values`, in their order, whether the alarm is on: an array of bools."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 12.5: write the body of hysteresis")
    alarm, states = False, []
    for value in values:
        if value >= on:
            alarm = True
        elif value < off:
            alarm = False
        states.append(alarm)
    return np.array(states)
    # END SOLUTION


# %% name="check-12-5"
checks.check("12.5", hysteresis)

# %% [markdown]
# Try it on the drive, with the minute-long PERCLOS and with one that looks back over only ten seconds.

# %% tags=["nbval-ignore-output"] reason="landmarks differ by a pixel between machines"
hysteresis = checks.use("12.5", hysteresis)
for window in (60, 10):
    values = perclos_so_far(times, lids, window)[late]
    for what, alarm in (("one threshold, 15 %", values >= 0.15), ("15 % and 8 %", hysteresis(values, 0.15, 0.08))):
        switched = int(np.sum(np.asarray(alarm)[1:] != np.asarray(alarm)[:-1]))
        print(f"window {window} s, {what}: switches {switched} times, on for {np.mean(alarm):.0%} of the time")

# %% [markdown]
# Over a minute, PERCLOS moves so slowly that the second threshold hardly matters. Over ten seconds it reacts sooner and
# is far more restless, and there hysteresis pays off.
#
# The monitor's alarm has two more reasons: eyes closed for 1.5 seconds at a time (at 100 km/h the car moves 42 metres
# meanwhile), and three yawns within three minutes. The first is fast, PERCLOS is reliable, and yawns are early but
# weak.
#
# ## An experiment: which threshold?
#
# A low threshold warns drivers who are awake, and they'll switch the system off. A high one warns too late. Only data
# can tell, and as always in this course, you *choose on some drivers and report on others*.
#
# Three drives of four minutes: two to choose, one to report. For each frame we know whether the driver is drowsy:
# that's when the resting lids hang down. This takes half a minute.

# %% tags=["nbval-ignore-output"] reason="landmarks differ by a pixel between machines"
measured, drowsy = {}, {}
for seed in (1, 2, 3):
    plan = twin.tired(4, seed=seed)
    times, lids, _ = ride(plan, seed)
    share, known = perclos_so_far(times, lids), times >= 60
    measured[seed], drowsy[seed] = share[known], np.asarray(plan.drowsy(times), bool)[known]
    print(f"drive {seed}: {np.sum(known)} frames, drowsy in {np.mean(drowsy[seed]):.0%} of them")

# %% [markdown]
# ### Exercise 12.6
#
# Write the choice as a function. For a threshold, the *false alarm rate* is the share of the frames with an *awake*
# driver in which PERCLOS is at or above the threshold. The *miss rate* is the share of the frames with a *drowsy*
# driver in which it's below. Among the thresholds whose false alarm rate is at most `most`, take the one with the
# lowest miss rate; if several tie, the highest threshold. If none qualifies, return None.


# %% name="exercise-12-6"
def choose_threshold(values, drowsy, thresholds, most):
    """values: (n,) PERCLOS; drowsy: (n,) bools; thresholds: numbers to try. Returns one of them, or None."""
    # BEGIN SOLUTION
    # STUB: raise NotImplementedError("Exercise 12.6: write the body of choose_threshold")
    best, fewest = None, np.inf
    for threshold in sorted(thresholds, reverse=True):
        alarm = values >= threshold
        false, missed = np.mean(alarm[~drowsy]), np.mean(~alarm[drowsy])
        if false <= most and missed < fewest:
            best, fewest = threshold, missed
    return best
    # END SOLUTION


# %% name="check-12-6"
checks.check("12.6", choose_threshold)

# %% [markdown]
# We accept false alarms in a quarter of the awake time, which sounds a lot. The figure shows what fewer would cost.

# %% tags=["nbval-ignore-output"] reason="landmarks differ by a pixel between machines"
choose_threshold = checks.use("12.6", choose_threshold)
thresholds = [0.04, 0.06, 0.08, 0.1, 0.12, 0.14, 0.16, 0.2, 0.24]
values = np.concatenate([measured[1], measured[2]])
asleep = np.concatenate([drowsy[1], drowsy[2]])
chosen = choose_threshold(values, asleep, thresholds, most=0.25)
rates = [(np.mean(values[~asleep] >= t), np.mean(values[asleep] < t)) for t in thresholds]
figure, axes = plt.subplots(figsize=(6.4, 4.2))
axes.plot(*zip(*rates, strict=True), "o-", color=plots.SERIES[0])
for threshold, (x, y) in zip(thresholds, rates, strict=True):
    axes.annotate(f"{threshold:.0%}", (x, y), (6, 5), textcoords="offset points")
if chosen is not None:
    axes.plot(*rates[thresholds.index(chosen)], "s", color=plots.SERIES[1], markersize=13, fillstyle="none")
axes.set(xlabel="false alarm rate", ylabel="miss rate", title="PERCLOS thresholds on the drives to choose from")
plots.show(
    figure,
    f"A falling curve with a point for each threshold from {thresholds[0]:.0%}, with false alarms in {rates[0][0]:.0%} "
    f"of the awake time and {rates[0][1]:.0%} missed, to {thresholds[-1]:.0%}, with {rates[-1][0]:.0%} and "
    f"{rates[-1][1]:.0%}. A square marks the one that was chosen.",
)

# %% tags=["nbval-ignore-output"] reason="landmarks differ by a pixel between machines"
if chosen is None:
    print("No threshold qualifies: allow more false alarms.")
else:
    for name, share, tired in (("chosen on 1 and 2", values, asleep), ("reported on 3", measured[3], drowsy[3])):
        false, missed = np.mean(share[~tired] >= chosen), np.mean(share[tired] < chosen)
        print(f"threshold {chosen:.0%}, {name}: {false:.0%} false alarms, {missed:.0%} missed, {len(share)} frames")

# %% [markdown]
# The numbers on the new drive differ, as they must, and may differ a lot: how far drowsy lids close varies from person
# to person, and the drives that chose the threshold flatter it. All the frames of a drive show one driver, so the
# honest `n` for the last line is 1. Most of the false alarms have one cause: PERCLOS looks back over a whole minute, so
# the alarm stays on after the driver has woken up.
#
# And all this is about *drawn* drivers, whose drowsiness we made up. A real system is tested with people who really are
# tired, in a car or a driving simulator; the European rules ask for that.
#
# ## What's allowed, and what's right
#
# *Tired drivers.* In the European Union, new cars must warn drowsy drivers: Regulation (EU) 2019/2144, for new types
# since July 2022 and for all new cars since July 2024. The details are in the delegated Regulation (EU) 2021/1341. It
# doesn't ask for a camera: watching how somebody steers is enough. Such systems may not record or keep more than they
# need for their purpose, must not give it to third parties, and must delete it after processing (Article 6(3)).
#
# *Emotions.* The AI Act, Regulation (EU) 2024/1689, bans AI systems that infer the emotions of people *at work and in
# education*, except for medical or safety reasons: Article 5(1)(f), which has applied since February 2025. Elsewhere,
# emotion recognition counts as high-risk, and people must be told that it's used. Recital 18 says what an emotion is
# *not*: physical states such as pain or fatigue. A drowsiness alarm isn't emotion recognition; an "attention score"
# that guesses whether a pupil is bored is. (This is a summary for students, not legal advice.)
#
# *Why so strict?* Recital 44 gives the reasons that you've measured in this course: such systems aren't reliable,
# people and cultures differ, and whoever is graded or paid can't freely say no.
#
# *The demo.* Frames stay in the memory of the Python process until they're read, then they're gone. They're never
# written to disk or into the notebook. But where Python runs on somebody else's computer, such as Binder, your images
# travel there. On your own laptop they stay at home. Everybody in the image has to agree first, and must be able to say
# no without giving a reason.
#
# ### Exercise 12.7
#
# Five cases. Which does Article 5(1)(f) ban? Answer with a dictionary, `law`, that has a letter
# for each name in bold: "A" for banned, "B" for not banned by this article.
#
# - **the school**: its camera scores how bored each pupil looks
# - **the call centre**: it measures whether its staff sound friendly and look happy
# - **the lorry**: it warns its driver when the eyes stay closed
# - **home**: you try the demo on your own face
# - **the job interview**: an employer ranks applicants by the joy in their video interview
#
# Then explain in one or two sentences why the drowsiness alarm and the bored-pupil camera are treated differently,
# though both look at a face.

# %% name="exercise-12-7"
# BEGIN SOLUTION
# STUB: law = ...
# STUB: because = ...
law = {"the school": "A", "the call centre": "A", "the lorry": "B", "home": "B", "the job interview": "A"}
because = (
    "Drowsiness is a physical state and no emotion (Recital 18), and the alarm serves safety. Boredom is inferred as "
    "an emotion, in a school, where pupils depend on those who watch them."
)
# END SOLUTION

# %% name="check-12-7"
checks.check("12.7", law, because)

# %% [markdown] tags=["solution"]
# **About the answer.** The ban covers work and education, and hiring is part of work. The lorry driver is at work
# too, but fatigue isn't an emotion, and safety is an exception anyway. At home, nobody is employed or taught. Discuss
# in class: is this lesson itself education? (Yes. That's why it works with drawn people, why nobody has to use a
# camera, and why nobody is judged by what it says.)

# %% [markdown]
# ## The demo, with drowsiness
#
# Here's lesson 11's widget, with an engine that also watches for drowsiness. Blink, yawn, or close your eyes for two
# seconds. It needs about eight seconds to get to know you.

# %%
from emocourse.widgets import Webcam

Webcam(live.Engine(drowsiness=True))

# %% [markdown]
# ## Questions
#
# 1. A driver wears dark sunglasses. What should the system do?
# 2. Your camera delivers 5 frames a second. Which measures in this lesson still work, and which don't?
# 3. Why may a company not simply ask its staff for their consent to emotion recognition?

# %% [markdown] tags=["solution"]
# **Answers.**
#
# 1. Say that it can't see the eyes, and give neither an alarm nor an "awake". The dangerous mistake would be to take
#    silence for alertness.
# 2. PERCLOS depends on time and still works. Blinks don't: a blink of 0.2 seconds may fall between two frames.
# 3. The ban in Article 5(1)(f) has no exception for consent. And consent is hardly free where your job depends on
#    whoever asks.

# %% [markdown]
# ## Recap
#
# - The EAR measures how far an eye is open; people differ, so calibrate it to the person.
# - PERCLOS is a share of time, not of frames; what wasn't seen counts neither way.
# - Blinks are easy to count while somebody is awake, and harder when it matters.
# - Hysteresis keeps an alarm from flickering.
# - A threshold is chosen on some drivers and reported on others, and the honest `n` is the number of drivers.
# - Inferring emotions at work and in education is banned in the EU; fatigue isn't an emotion; film nobody who hasn't
#   agreed.
#
# ## Further reading
#
# - Tereza Soukupová and Jan Čech, "Real-Time Eye Blink Detection using Facial Landmarks", Computer Vision Winter
#   Workshop, 2016: the EAR.
# - Walter W. Wierwille and others, "Research on vehicle-based driver status/performance monitoring", US Department of
#   Transportation, DOT HS 808 247, 1994: PERCLOS.
# - Philipp P. Caffier, Udo Erdmann and Peter Ullsperger, "Experimental evaluation of eye-blink parameters as a
#   drowsiness measure", European Journal of Applied Physiology 89, 2003, [doi
#   10.1007/s00421-003-0807-5](https://doi.org/10.1007/s00421-003-0807-5).
# - Regulation (EU) 2024/1689 (the AI Act), 2024, [eur-lex.europa.eu](https://eur-lex.europa.eu/eli/reg/2024/1689/oj):
#   Articles 3(39), 5(1)(f) and 50, Recitals 18 and 44.
# - Regulation (EU) 2019/2144, 2019, [eur-lex.europa.eu](https://eur-lex.europa.eu/eli/reg/2019/2144/oj), and the
#   delegated Regulation (EU) 2021/1341, 2021, [eur-lex.europa.eu](https://eur-lex.europa.eu/eli/reg_del/2021/1341/oj).
# - Lisa Feldman Barrett and others, "Emotional Expressions Reconsidered", Psychological Science in the Public Interest
#   20(1), 2019, [doi 10.1177/1529100619832930](https://doi.org/10.1177/1529100619832930).
