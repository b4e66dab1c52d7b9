// Boxes and landmarks over the live picture, at the screen's own rate.

const FADE_AFTER = 700; // ms without news of a person
const FADE = 500;
const AHEAD = 150; // ms that a movement is drawn on at most
const PATHS = [ // dlib's 68 landmarks as lines: outline, brows, nose, eyes, mouth; [first, last, closed]
  [0, 16, false], [17, 21, false], [22, 26, false], [27, 30, false], [31, 35, false],
  [36, 41, true], [42, 47, true], [48, 59, true], [60, 67, true],
];

/** Where a person is on the screen: what was measured, and a guess of where they have moved since. */
class Place {
  constructor(person, takenAt) {
    this.measure(person, takenAt);
    this.shown = [...this.box];
  }

  measure(person, takenAt) {
    const [x, y, w, h] = person.box;
    const box = [x + w / 2, y + h / 2, w, h];
    // The speed is that of the landmarks' mean: boxes jump a little from detection to detection.
    const mean = [0, 1].map((k) => person.landmarks.reduce((sum, value, at) => sum + (at % 2 === k ? value : 0), 0) / 68);
    const dt = takenAt - (this.takenAt ?? takenAt);
    const old = this.speed ?? [0, 0];
    this.speed = dt > 0 && dt < 400 ? [0, 1].map((k) => 0.6 * old[k] + (0.4 * (mean[k] - this.mean[k])) / dt) : [0, 0];
    Object.assign(this, { person, box, mean, takenAt, heard: performance.now() });
  }

  /** The box to draw now, [centre x, centre y, width, height] in pixels of the frame. */
  at(now, dt, still) {
    if (still) return (this.shown = [...this.box]);
    const ahead = 0.7 * Math.min(now - this.takenAt, AHEAD);
    const share = 1 - Math.exp(-dt / 45);
    const most = 0.15 * this.box[2];
    const [dx, dy] = this.speed.map((speed) => Math.max(-most, Math.min(most, speed * ahead)));
    const aim = [this.box[0] + dx, this.box[1] + dy, this.box[2], this.box[3]];
    return (this.shown = this.shown.map((value, k) => value + share * (aim[k] - value)));
  }
}

class Overlay {
  /** colours: { emotion: "#rrggbb" } */
  constructor(canvas, colours) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.colours = colours;
    this.places = new Map();
    this.size = [4, 3];
    this.landmarks = true;
    this.mirror = false;
    this.still = false;
    this.last = 0;
  }

  update(people, size, takenAt) {
    this.size = size;
    for (const person of people) {
      const place = this.places.get(person.id);
      if (place) place.measure(person, takenAt);
      else this.places.set(person.id, new Place(person, takenAt));
    }
    const seen = new Set(people.map((person) => person.id));
    for (const [id, place] of this.places) if (!seen.has(id)) place.heard = Math.min(place.heard, performance.now() - FADE_AFTER);
  }

  clear() {
    this.places.clear();
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  /** keep: draw without fading, as over a photo. */
  draw(now, keep) {
    const { canvas, context } = this;
    const ratio = window.devicePixelRatio || 1;
    const [w, h] = [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)];
    if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
    context.clearRect(0, 0, w, h);
    const dt = Math.min(now - this.last, 100);
    this.last = now;
    for (const [id, place] of this.places) {
      const age = now - place.heard - FADE_AFTER;
      if (age > FADE && !keep) {
        this.places.delete(id);
        continue;
      }
      context.globalAlpha = keep ? 1 : Math.min(1, Math.max(0, 1 - age / FADE));
      this.one(place, place.at(now, dt, this.still || keep), ratio);
    }
    context.globalAlpha = 1;
  }

  one(place, [cx, cy, bw, bh], ratio) {
    const { context, canvas } = this;
    const [fx, fy] = [canvas.width / this.size[0], canvas.height / this.size[1]];
    const across = (x) => (this.mirror ? canvas.width - x * fx : x * fx);
    const { person, box } = place;
    const colour = this.colours[person.emotion] ?? "#4d4d4d";
    context.lineJoin = context.lineCap = "round";
    if (this.landmarks) {
      const scale = bw / box[2];
      const points = [];
      for (let k = 0; k < 68; k++) {
        const [x, y] = [person.landmarks[2 * k], person.landmarks[2 * k + 1]];
        points.push([across(cx + (x - box[0]) * scale), (cy + (y - box[1]) * scale) * fy]);
      }
      this.face(points, ratio);
    }
    const [left, top] = [Math.min(across(cx - bw / 2), across(cx + bw / 2)), (cy - bh / 2) * fy];
    context.beginPath();
    context.roundRect(left, top, bw * fx, bh * fy, 8 * ratio);
    context.lineWidth = 5 * ratio;
    context.strokeStyle = "#fff";
    context.stroke();
    context.lineWidth = 3 * ratio;
    context.strokeStyle = colour;
    if (!person.emotion) context.setLineDash([8 * ratio, 7 * ratio]);
    context.stroke();
    context.setLineDash([]);
    this.tag(title(person), colour, left, top, bh * fy, ratio);
  }

  face(points, ratio) {
    const { context } = this;
    context.beginPath();
    for (const [first, last, closed] of PATHS) {
      context.moveTo(...points[first]);
      for (let k = first + 1; k <= last; k++) context.lineTo(...points[k]);
      if (closed) context.closePath();
    }
    context.lineWidth = 2.5 * ratio;
    context.strokeStyle = "rgba(0, 0, 0, 0.45)";
    context.stroke();
    context.lineWidth = 1.25 * ratio;
    context.strokeStyle = "rgba(255, 255, 255, 0.9)";
    context.stroke();
  }

  tag(text, colour, left, top, height, ratio) {
    const { context, canvas } = this;
    context.font = `600 ${14 * ratio}px system-ui, sans-serif`;
    const [pad, tall, bar] = [7 * ratio, 23 * ratio, 7 * ratio];
    const wide = context.measureText(text).width + 2 * pad + bar;
    const x = Math.max(2, Math.min(left, canvas.width - wide - 2));
    const above = top - tall - 5 * ratio;
    const y = above >= 2 ? above : Math.min(top + height + 5 * ratio, canvas.height - tall - 2);
    context.beginPath();
    context.roundRect(x, y, wide, tall, 5 * ratio);
    context.fillStyle = "rgba(255, 255, 255, 0.94)";
    context.fill();
    context.save();
    context.clip();
    context.fillStyle = colour;
    context.fillRect(x, y, bar, tall);
    context.restore();
    context.fillStyle = "#111";
    context.textBaseline = "middle";
    context.fillText(text, x + bar + pad, y + tall / 2 + ratio);
  }
}

/** "1 happiness 83 %", or "1 not sure". */
function title(person) {
  return `${person.id}  ${reading(person)}`;
}

function reading(person) {
  return person.emotion ? `${person.emotion} ${Math.round(100 * person.probability)} %` : "not sure";
}
