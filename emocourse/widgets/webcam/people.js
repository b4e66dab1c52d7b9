// Beside the image, a card for each person: the emotion, a bar and a line in time for each, what the network sees.

const MOST_CARDS = 8;
const REMEMBERED = 3000; // ms that a person's card stays after they are gone
const WINDOW = 30000; // ms that the timeline shows
const ROW = 18; // px, as in the style sheet
const SIDE = 48;

const REASONS = { "eyes closed": "the eyes stay closed", perclos: "the eyes are often closed", yawns: "many yawns" };

const make = (tag, className, text) => {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
};

class Card {
  constructor(person, colours, sees) {
    Object.assign(this, { colours, sees });
    this.names = Object.keys(person.probabilities);
    this.samples = [];
    this.root = make("li", "emo-card");
    this.root.dataset.person = person.id;
    this.heading = make("div", "emo-card-title");
    this.number = make("span", "emo-number", String(person.id));
    this.number.setAttribute("aria-label", `Person ${person.id}`);
    this.words = make("span", "emo-reading");
    this.heading.append(this.number, this.words, make("span", "emo-when", "last 30 s"));
    this.table = make("div", "emo-rows");
    this.rows = this.names.map((name) => this.row(name));
    this.line = make("canvas", "emo-line");
    this.line.setAttribute("role", "img");
    this.line.setAttribute("aria-label", `Person ${person.id}: the most probable emotion over the last 30 seconds`);
    this.line.style.gridRow = `1 / span ${this.names.length}`;
    this.table.append(this.line);
    this.tired = make("p", "emo-tired");
    this.tired.hidden = true;
    this.seen = make("figure", "emo-seen");
    this.seen.hidden = true;
    this.image = make("canvas");
    this.image.setAttribute("role", "img");
    this.caption = make("figcaption");
    this.seen.append(this.image, this.caption);
    this.root.append(this.heading, this.table, this.tired, this.seen);
  }

  row(name) {
    const label = make("span", "emo-name", name);
    const track = make("span", "emo-track");
    const bar = make("span", "emo-fill");
    bar.style.background = this.colours[name] ?? "#4d4d4d";
    track.append(bar);
    const share = make("span", "emo-share");
    this.table.append(label, track, share);
    return { name, label, bar, share };
  }

  update(person, seen, now) {
    this.person = person;
    this.heard = now;
    this.samples.push([now, person.emotion]);
    while (this.samples.length && now - this.samples[0][0] > WINDOW) this.samples.shift();
    if (seen) this.show(seen);
    this.seen.hidden = !seen;
  }

  /** Put the newest numbers on the page: some ten times a second, since nobody reads faster. */
  refresh(now) {
    const { person } = this;
    this.root.classList.toggle("emo-away", now - this.heard > 700);
    this.words.textContent = reading(person);
    for (const { name, label, bar, share } of this.rows) {
      const value = person.probabilities[name] ?? 0;
      bar.style.width = `${(100 * value).toFixed(1)}%`;
      share.textContent = `${Math.round(100 * value)} %`;
      label.classList.toggle("emo-top", name === person.emotion);
    }
    this.drawLine(now);
    this.drowsiness(person.drowsiness);
  }

  drawLine(now) {
    const ratio = window.devicePixelRatio || 1;
    const [w, h] = [Math.round(this.line.clientWidth * ratio), Math.round(ROW * this.names.length * ratio)];
    if (!w) return;
    if (this.line.width !== w || this.line.height !== h) Object.assign(this.line, { width: w, height: h });
    const context = this.line.getContext("2d");
    context.fillStyle = "#fff";
    context.fillRect(0, 0, w, h);
    const lane = h / this.names.length;
    context.fillStyle = "#e3e3e3";
    for (let k = 1; k < this.names.length; k++) context.fillRect(0, Math.round(k * lane), w, Math.max(1, ratio / 2));
    const x = (time) => w * (1 - (now - time) / WINDOW);
    this.samples.forEach(([time, emotion], k) => {
      const next = this.samples[k + 1]?.[0] ?? Math.min(now, time + 150);
      const until = next - time > 1000 ? time + 150 : next; // away in between
      const place = this.names.indexOf(emotion);
      context.fillStyle = place < 0 ? "#9a9a9a" : this.colours[emotion];
      // Not sure: a thin line at the foot, in no emotion's lane.
      const [top, high] = place < 0 ? [h - 2 * ratio, 2 * ratio] : [place * lane + 0.2 * lane, 0.6 * lane];
      context.fillRect(x(time), top, Math.max(1, x(until) - x(time) + 0.5), high);
    });
  }

  drowsiness(state) {
    this.tired.hidden = !state;
    if (!state) return;
    this.tired.classList.toggle("emo-alarm", state.alarm);
    const percent = (share) => (share === null ? "?" : `${Math.round(100 * share)} %`);
    const numbers =
      `eyes ${percent(state.openness)} open, PERCLOS ${percent(state.perclos)}, ` +
      `${state.blinks ?? "?"} blinks, ${state.yawns} yawns`;
    const reasons = state.reasons.map((reason) => REASONS[reason] ?? reason).join(", ");
    this.tired.textContent = !state.calibrated
      ? "Drowsiness: getting to know these eyes. Look ahead for some seconds."
      : state.alarm
        ? `Drowsy${reasons ? `: ${reasons}` : ""}. Take a break! (${numbers})`
        : state.problem
          ? `Drowsiness cannot be judged: ${state.problem}. (${numbers})`
          : `Awake: ${numbers}`;
  }

  /** What the network sees, a Uint8Array: a binary image comes as a bit a pixel, a grey one as a byte. */
  show(bytes) {
    const isBinary = bytes.length === (SIDE * SIDE) / 8;
    const side = isBinary ? SIDE : Math.sqrt(bytes.length);
    if (this.image.width !== side || !this.caption.textContent) {
      Object.assign(this.image, { width: side, height: side });
      const [size, what] = [`${side} × ${side}`, isBinary ? "pixels, each 0 or 1" : "grey pixels"];
      this.caption.textContent = `${this.sees}: ${size} ${what}`;
      const made = isBinary ? "the binary image that is made of 51 landmarks" : "the face as the network reads it";
      this.image.setAttribute("aria-label", `Person ${this.person.id}: ${made}, ${side} by ${side} pixels`);
    }
    const context = this.image.getContext("2d");
    const image = context.createImageData(side, side);
    for (let k = 0; k < side * side; k++) {
      const bit = isBinary && (bytes[k >> 3] >> (7 - (k & 7))) & 1;
      const value = isBinary ? 255 * bit : bytes[k];
      image.data.set([value, value, value, 255], 4 * k);
    }
    context.putImageData(image, 0, 0);
  }
}

class People {
  /** list: where the cards go; spoken: a live region for screen readers; sees: words before what the network sees. */
  constructor(list, spoken, colours, sees) {
    Object.assign(this, { list, spoken, colours, sees, cards: new Map(), said: "", saidAt: 0, shownAt: 0 });
  }

  /** alone: nobody else is there, as when a photo is read again, perhaps with other numbers. */
  update(people, buffers, now, alone) {
    for (const [id, card] of alone ? this.cards : []) {
      if (people.some((person) => person.id === id)) continue;
      card.root.remove();
      this.cards.delete(id);
    }
    people.forEach((person, k) => {
      let card = this.cards.get(person.id);
      if (!card) {
        if (this.cards.size >= MOST_CARDS) return;
        card = new Card(person, this.colours, this.sees);
        this.cards.set(person.id, card);
        const after = [...this.cards.values()].find((other) => Number(other.root.dataset.person) > person.id);
        this.list.insertBefore(card.root, after?.root ?? null);
      }
      card.update(person, buffers[k], now);
    });
  }

  /** keep: nobody is gone, as in a photo. */
  refresh(now, keep) {
    if (now - this.shownAt < 100) return;
    this.shownAt = now;
    for (const [id, card] of this.cards) {
      if (keep) card.heard = now;
      if (now - card.heard > REMEMBERED) {
        card.root.remove();
        this.cards.delete(id);
      } else card.refresh(now);
    }
    this.speak(now);
  }

  /** A screen reader hears a change, and at most one in four seconds; of an alarm, at once. */
  speak(now) {
    const here = [...this.cards.values()].filter((card) => now - card.heard < 700);
    const text = here
      .map(({ person }) => {
        const tired = person.drowsiness?.alarm ? ", drowsy" : "";
        return `Person ${person.id}: ${person.emotion ?? "not sure"}${tired}.`;
      })
      .join(" ");
    const urgent = text.includes("drowsy") && !this.said.includes("drowsy");
    if (text === this.said || (now - this.saidAt < 4000 && !urgent)) return;
    Object.assign(this, { said: text, saidAt: now });
    this.spoken.textContent = text || "Nobody is seen.";
  }

  clear() {
    for (const card of this.cards.values()) card.root.remove();
    this.cards.clear();
    this.spoken.textContent = this.said = "";
  }
}
