// What stands behind the widget's page where there is no kernel: the same messages, answered by the engine of this page.
//
// The widget's page (sources, channel, overlay, people, page) is the same file in a notebook and here. It sends frames
// and gets people; here a frame is a canvas and not a JPEG file, since nobody else has to read it.
import { CAMERA, PHOTO, loadFaces, loadNetwork, newCanvas, read } from "./engine.js";

const SMOOTHING = 0.5; // s after which a new expression has 63 % of the say (live.engine)
const UNSURE = 0.4; // a smaller probability is not named (live.engine)
const KEEP = 10; // s that somebody who left is remembered

/** Frames as canvases of at most the wanted size. Three in turn: two may be unanswered while the third is drawn. */
class Frames {
  constructor() {
    this.canvases = [0, 1, 2].map(() => newCanvas(1, 1));
    this.turn = 0;
  }

  async grab(element, width, height) {
    const [w, h] = [element.videoWidth ?? element.width, element.videoHeight ?? element.height];
    const scale = Math.min(1, width / w, height / h);
    const canvas = this.canvases[this.turn++ % this.canvases.length];
    Object.assign(canvas, { width: Math.max(1, Math.round(w * scale)), height: Math.max(1, Math.round(h * scale)) });
    canvas.getContext("2d").drawImage(element, 0, 0, canvas.width, canvas.height);
    return { canvas, isPhoto: element instanceof HTMLCanvasElement };
  }

  forget() {
    for (const canvas of this.canvases) Object.assign(canvas, { width: 1, height: 1 });
  }
}

/** Who is who from frame to frame, and what their faces show, smoothed over time (live.tracker, live.engine). */
export class Followed {
  /** next: the number of the next person. */
  constructor(next = 1) {
    Object.assign(this, { people: [], next });
  }

  /** faces as engine.read gives them; names of the emotions; time in seconds. */
  step(faces, names, time) {
    this.people = this.people.filter((person) => time - person.time <= KEEP);
    const pairs = [];
    faces.forEach((face, k) => {
      for (const person of this.people) {
        const [dx, dy] = [0, 1].map((at) => face.box[at] + face.box[at + 2] / 2 - person.box[at] - person.box[at + 2] / 2);
        const size = Math.max(face.box[2], person.box[2]);
        const far = Math.hypot(dx, dy) / size + Math.abs(Math.log(face.box[2] / person.box[2]));
        if (far < 1) pairs.push([far, k, person]);
      }
    });
    const known = new Map();
    for (const [, k, person] of pairs.sort((a, b) => a[0] - b[0])) {
      if (!known.has(k) && person.time < time) {
        known.set(k, person);
        person.before = person.time;
        person.time = time;
      }
    }
    return faces.map((face, k) => {
      const person = known.get(k) ?? this.add(time);
      const old = person.shares?.length === face.probabilities.length ? person.shares : null;
      const share = old ? Math.exp(-(time - person.before) / SMOOTHING) : 0;
      person.shares = face.probabilities.map((value, j) => (old ? value + share * (old[j] - value) : value));
      person.box = face.box;
      return this.tell(person, face, names);
    });
  }

  add(time) {
    const person = { id: this.next++, time, before: time };
    this.people.push(person);
    return person;
  }

  tell({ id, shares }, { box, points }, names) {
    const probability = Math.max(...shares);
    return {
      id, box, probability,
      landmarks: points.flat(),
      emotion: probability >= UNSURE ? names[shares.indexOf(probability)] : null,
      probabilities: Object.fromEntries(names.map((name, k) => [name, shares[k]])),
      drowsiness: null,
    };
  }
}

/** How an image shows nothing at all (widgets.webcam.messages.blank). */
export function blank(canvas) {
  const [w, h] = [Math.min(256, canvas.width), Math.min(256, canvas.height)];
  const { data } = canvas.getContext("2d").getImageData(0, 0, w, h);
  const grey = Float32Array.from({ length: w * h }, (_, i) => (data[4 * i] + data[4 * i + 1] + data[4 * i + 2]) / 3);
  const [low, high] = grey.reduce(([least, most], value) => [Math.min(least, value), Math.max(most, value)], [255, 0]);
  if (high - low <= 2) return "colour";
  const mean = grey.reduce((sum, value) => sum + value, 0) / grey.length;
  const variance = grey.reduce((sum, value) => sum + (value - mean) ** 2, 0) / grey.length;
  const steps = [1, w].map((step) => {
    let [sum, n] = [0, 0];
    for (let i = step; i < grey.length; i += 1) {
      if (step === 1 && i % w === 0) continue;
      sum += (grey[i] - grey[i - step]) ** 2;
      n += 1;
    }
    return n ? sum / n : Infinity;
  });
  return variance > 256 && Math.min(...steps) > variance ? "noise" : null;
}

function packed(bits) {
  const bytes = new Uint8Array(bits.length / 8);
  bits.forEach((bit, k) => (bytes[k >> 3] |= bit << (7 - (k & 7))));
  return bytes;
}

const pause = () => new Promise((resolve) => setTimeout(resolve)); // lets the page draw

/** The widget's model. facts: facts.json, which the site's build makes of the course's own numbers. */
export class Kernel {
  constructor(facts) {
    this.state = {
      mirror: true, _width: 640, _height: 480, _palette: facts.emotions,
      _page: {
        grabber: new Frames(),
        privacy: "Images stay in this page: they are sent nowhere, and forgotten as soon as they are read.",
        sees: "What the slides' network sees",
      },
    };
    this.facts = facts;
    this.handlers = new Map();
    this.networks = new Map();
    this.chosen = "tiny";
    this.session = null;
    this.waiting = [];
    this.isWorking = false;
  }

  get(name) {
    return this.state[name];
  }

  set(name, value) {
    this.state[name] = value;
    this.tell(`change:${name}`);
  }

  save_changes() {}

  on(event, handler) {
    if (!this.handlers.has(event)) this.handlers.set(event, new Set());
    this.handlers.get(event).add(handler);
  }

  off(event, handler) {
    this.handlers.get(event)?.delete(handler);
  }

  tell(event, ...what) {
    for (const handler of [...(this.handlers.get(event) ?? [])]) handler(...what);
  }

  answer(content, buffers = []) {
    this.tell("msg:custom", content, buffers);
  }

  /** A network by its name, loaded once; the chosen one stays until the new one is there. */
  async choose(name) {
    await this.load(name);
    this.chosen = name;
    if (this.people) this.people = new Followed(this.people.next);
    this.set("_network", name);
  }

  load(name) {
    const { networks } = this;
    this.faces ??= loadFaces();
    if (!networks.has(name)) {
      const loading = loadNetwork(new URL(`./weights/${name}.safetensors`, import.meta.url));
      networks.set(name, loading);
      loading.catch(() => networks.delete(name)); // may be tried again
    }
    this.faces.catch(() => (this.faces = undefined));
    return Promise.all([this.faces, networks.get(name)]);
  }

  async send({ kind, session, number, time, binary }, _callbacks, buffers) {
    await pause();
    switch (kind) {
      case "load":
        return this.prepare(session, "loaded");
      case "start":
        Object.assign(this, { session, people: new Followed(), waiting: [] });
        return this.prepare(session, "ready");
      case "stop":
        if (session === this.session) Object.assign(this, { session: null, waiting: [] });
        return undefined;
      case "ping":
        return this.answer({ kind: "pong", session, working: this.isWorking });
      case "frame":
        this.waiting.push({ session, number, time, binary, frame: buffers[0] });
        return this.work();
      default:
        return undefined;
    }
  }

  async prepare(session, then) {
    this.answer({ kind: "loading", session });
    try {
      await this.load(this.chosen);
      this.answer({ kind: then, session });
    } catch (error) {
      const why = navigator.onLine ? error.message : "there is no network";
      const text = `The demo could not be loaded (${why}). Reload the page.`;
      this.answer({ kind: then === "ready" ? "failed" : then, session, error: text });
    }
  }

  async work() {
    if (this.isWorking) return;
    this.isWorking = true;
    while (this.waiting.length) {
      const job = this.waiting.shift();
      if (job.session === this.session) {
        try {
          await this.look(job);
        } catch (error) {
          this.answer({ kind: "failed", session: job.session, number: job.number, error: `The engine stopped: ${error.message}.` });
        }
      }
      await pause();
    }
    this.isWorking = false;
  }

  async look({ session, number, time, binary, frame: { canvas, isPhoto } }) {
    const network = await this.networks.get(this.chosen);
    const names = this.facts.emotions.map(({ name }) => name).filter((name) => network.classes === 7 || name !== "disgust");
    const size = [canvas.width, canvas.height];
    const faces = await read(canvas, network, isPhoto ? PHOTO : CAMERA);
    if (isPhoto) this.people = new Followed(); // each reading of a photo is whole in itself
    const people = this.people.step(faces, names, time);
    const seen = binary ? faces.map((face) => packed(face.binary)) : [];
    this.answer({ kind: "people", session, number, people, size, blank: people.length ? null : blank(canvas) }, seen);
  }
}
