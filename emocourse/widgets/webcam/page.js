// The page of the live demo. The files sources, channel, overlay and people stand before this one in the same module.

const QUALITY = { camera: 0.75, clip: 0.75, photo: 0.9 };
const PHOTO_SIDE = 1280; // px; a camera's frames are as large as the camera was asked for
const HINT = "Press Start camera, or open a photo or a clip.";
const LONELY = "No face is seen. Look into the camera from the front, come closer, or turn on a light.";
const PROTECTED =
  "The browser does not let this page read its own images (a protection against tracking), so no face can be found. " +
  "Allow this page to read canvases, often by an icon in the address bar, and start again.";
const BLANK = {
  colour:
    "Every pixel of the image has the same colour. Uncover the camera; if it is not covered, the browser's protection " +
    "against tracking blanks the image: switch it off for this page.",
  noise:
    "The image is nothing but noise: the browser's protection against tracking blanks it. Allow this page to read " +
    "canvases, often by an icon in the address bar, or switch the protection off for it.",
};
// What a page with an engine of its own (the course's site) says and does in its own way: its model's _page.
const PAGE = {
  grabber: null,
  privacy: "Images go from this page to the kernel and nowhere else, and are forgotten as soon as they are read.",
  sees: "What the network sees", // before "48 × 48 pixels", and beside the box that asks for it
};

function control(className, text, checked) {
  const label = make("label", "emo-check");
  const box = make("input", className);
  box.type = "checkbox";
  box.checked = checked;
  label.append(box, text);
  return [label, box];
}

/** Every element of the page. */
function build(root, mirror, own) {
  const page = {};
  const bar = make("div", "emo-bar");
  bar.setAttribute("role", "group");
  bar.setAttribute("aria-label", "Live demo: controls");
  page.start = make("button", "emo-button emo-start", "Start camera");
  page.start.type = "button";
  const file = make("label", "emo-button emo-file", "Open photo or clip");
  page.file = make("input");
  page.file.type = "file";
  page.file.accept = "image/*,video/*";
  file.append(page.file);
  page.camera = make("label", "emo-choice", "Camera ");
  page.cameras = make("select");
  page.camera.append(page.cameras);
  page.camera.hidden = true;
  const [mirrorLabel, mirrorBox] = control("emo-mirror", "Mirror", mirror);
  const [landmarkLabel, landmarkBox] = control("emo-landmarks", "Landmarks", true);
  const [binaryLabel, binaryBox] = control("emo-binary", own.sees, false);
  Object.assign(page, { mirror: mirrorBox, landmarks: landmarkBox, binary: binaryBox });
  bar.append(page.start, file, page.camera, mirrorLabel, landmarkLabel, binaryLabel);

  page.status = make("p", "emo-status", HINT);
  page.status.setAttribute("role", "status");
  page.status.setAttribute("aria-live", "polite");
  page.stage = make("div", "emo-stage");
  page.video = make("video");
  Object.assign(page.video, { muted: true, playsInline: true });
  page.video.setAttribute("aria-label", "The image of the camera or the clip");
  page.photo = make("div", "emo-photo");
  page.overlay = make("canvas", "emo-overlay");
  page.overlay.setAttribute("aria-hidden", "true"); // the list of people says the same in words
  page.empty = make("div", "emo-empty", "The camera is off");
  page.stage.append(page.video, page.photo, page.overlay, page.empty);
  page.list = make("ul", "emo-people");
  page.list.setAttribute("aria-label", "People in the image");
  const main = make("div", "emo-main");
  main.append(page.stage, page.list);
  page.spoken = make("p", "emo-spoken");
  page.spoken.setAttribute("aria-live", "polite");
  const foot = make("div", "emo-foot");
  page.rate = make("span", "emo-rate");
  foot.append(make("span", "", own.privacy), page.rate);
  root.append(bar, page.status, main, page.spoken, foot);
  return page;
}

/** One view of the widget. */
class Demo {
  constructor(model, root) {
    this.model = model;
    this.root = root;
    const own = { ...PAGE, ...model.get("_page") };
    this.page = build(root, model.get("mirror"), own);
    const colours = Object.fromEntries(model.get("_palette").map(({ name, colour }) => [name, colour]));
    this.overlay = new Overlay(this.page.overlay, colours);
    this.people = new People(this.page.list, this.page.spoken, colours, own.sees);
    this.grabber = own.grabber ?? new Grabber();
    this.source = this.channel = null;
    this.turn = 0; // counts starts and stops, so that what comes late is told from what is awaited
    this.reduced = window.matchMedia("(prefers-reduced-motion: reduce)");
    this.say("idle", HINT);
    this.listen();
    this.unload = preload(model, (text) => this.root.dataset.state === "idle" && this.say("idle", text || HINT));
  }

  listen() {
    const { page } = this;
    this.undo = new AbortController();
    const on = (target, event, work) => target?.addEventListener(event, work, { signal: this.undo.signal });
    on(page.start, "click", () => (this.source || this.isAsking ? this.stop("Stopped. The camera is off.") : this.startCamera()));
    on(page.cameras, "change", () => this.source?.kind === "camera" && this.startCamera());
    on(page.file, "change", () => {
      const [file] = page.file.files;
      page.file.value = ""; // so that the same file can be opened again
      if (file) this.openFile(file);
    });
    on(page.mirror, "change", () => {
      this.model.set("mirror", page.mirror.checked);
      this.model.save_changes();
    });
    on(page.binary, "change", () => (this.isAnswered = false)); // a photo is sent again
    on(page.video, "ended", () => this.source?.kind === "clip" && this.say("running", "The clip has ended. Play it again, or open another."));
    on(navigator.mediaDevices, "devicechange", () => this.source?.kind === "camera" && this.nameCameras());
    this.mirrored = () => {
      page.mirror.checked = this.model.get("mirror");
      this.arrange();
    };
    this.model.on("change:mirror", this.mirrored);
    this.again = () => {
      this.isAnswered = false; // a photo is sent again
      this.overlay.clear();
      this.people.clear();
    };
    this.model.on("change:_network", this.again); // another network has other emotions
  }

  say(state, text) {
    this.root.dataset.state = state;
    if (this.page.status.textContent !== text) this.page.status.textContent = text;
    this.page.start.textContent = this.source || this.isAsking ? "Stop" : "Start camera";
  }

  startCamera() {
    const { video, cameras } = this.page;
    const size = [this.model.get("_width"), this.model.get("_height")];
    return this.begin("Waiting for the camera. The browser may ask you to allow it.", async () => {
      const camera = await openCamera(video, cameras.value, ...size);
      camera.track.addEventListener("ended", () => this.source === camera && this.stop("The camera was disconnected. Connect it and press Start camera.", "trouble"));
      return camera;
    });
  }

  openFile(file) {
    return this.begin("Opening the file.", () => {
      if (file.type.startsWith("image/")) return openPhoto(file);
      if (file.type.startsWith("video/")) return openClip(this.page.video, file);
      throw new Trouble("This is neither a photo nor a clip. Open a JPEG or PNG image, or an MP4 or WebM clip.");
    });
  }

  async begin(text, open) {
    this.free();
    const turn = ++this.turn;
    this.isAsking = true;
    this.say("asking", text);
    let source;
    try {
      if (!canReadCanvas()) throw new Trouble(PROTECTED);
      source = await open();
    } catch (error) {
      if (turn !== this.turn) return;
      this.isAsking = false;
      this.say("trouble", error instanceof Trouble ? error.message : `This did not work (${error.name}: ${error.message}).`);
      return;
    }
    if (turn !== this.turn) {
      source.stop(); // stopped or closed while the browser was asking
      return;
    }
    this.isAsking = false;
    this.source = source;
    this.counts = { shown: 0, analysed: 0, since: performance.now(), trips: [] };
    this.imageAt = performance.now();
    this.isAnswered = this.isGrabbing = false;
    this.arrange();
    this.say("loading", source.kind === "camera" ? "The camera is on." : "The file is open.");
    if (source.kind === "camera") this.nameCameras();
    this.connect();
    if (turn !== this.turn) return; // there is no kernel any more, and that was told
    this.watch(turn);
    const draw = (now) => {
      if (turn !== this.turn) return;
      this.draw(now);
      requestAnimationFrame(draw);
    };
    requestAnimationFrame(draw);
    this.timer = setInterval(() => this.report(), 1000);
  }

  connect() {
    const running = () => this.say("running", this.source.kind === "camera" ? "The camera is on." : "The file is open.");
    this.lonelySince = Infinity;
    const tell = {
      ready: () => (running(), this.pump()),
      alive: running,
      silent: (text) => this.say("waiting", text),
      failed: (text) => this.say("waiting", text),
      gone: (text) => this.stop(text, "trouble"),
      people: (answer, buffers, sentAt) => this.show(answer, buffers, sentAt, running),
    };
    const channel = new Channel(this.model, tell, this.source.kind === "photo" ? Infinity : undefined);
    if (!channel.isOver) this.channel = channel;
  }

  show(answer, buffers, sentAt, running) {
    const now = performance.now();
    this.counts.analysed++;
    this.counts.trips.push(now - sentAt);
    this.isAnswered = true;
    this.overlay.update(answer.people, answer.size, sentAt);
    this.people.update(answer.people, buffers, now, this.source.kind === "photo");
    if (answer.blank) this.say("waiting", BLANK[answer.blank]);
    else if (this.source.kind === "photo") {
      const n = answer.people.length;
      this.say("running", n ? `${n} ${n === 1 ? "person" : "people"} found in the photo.` : "No face was found in the photo.");
    } else {
      if (answer.people.length) this.lonelySince = Infinity;
      else this.lonelySince = Math.min(this.lonelySince, now);
      if (now - this.lonelySince > 3000) this.say("running", LONELY);
      else if (this.root.dataset.state === "waiting" || this.page.status.textContent === LONELY) running();
    }
    this.pump();
  }

  /** Follow the video's own images, each once. */
  watch(turn) {
    const { element, kind } = this.source;
    if (kind === "photo") return;
    const next = element.requestVideoFrameCallback ? (work) => element.requestVideoFrameCallback(work) : requestAnimationFrame;
    const each = () => {
      if (turn !== this.turn) return;
      this.counts.shown++;
      this.imageAt = performance.now();
      this.isFresh = true;
      this.pump();
      next(each);
    };
    next(each);
  }

  /** Send a frame, where there is a new one and room for it. */
  async pump() {
    const { source, channel, turn } = this;
    if (!source || !channel?.hasRoom || this.isGrabbing) return;
    const isPhoto = source.kind === "photo";
    if (isPhoto ? this.isAnswered || channel.sent.size : !this.isFresh) return;
    this.isGrabbing = true;
    this.isFresh = false;
    const number = channel.reserve();
    const size = isPhoto ? [PHOTO_SIDE, PHOTO_SIDE] : [this.model.get("_width"), this.model.get("_height")];
    let jpeg = null;
    try {
      jpeg = await this.grabber.grab(source.element, ...size, QUALITY[source.kind]);
    } catch {
      // a video that is just being closed
    }
    if (turn !== this.turn) return;
    this.isGrabbing = false;
    if (jpeg) channel.frame(number, jpeg, this.page.binary.checked);
    else channel.release(number);
  }

  draw(now) {
    const isPhoto = this.source.kind === "photo";
    const { overlay, page } = this;
    if (isPhoto) this.pump();
    const [w, h] = [widthOf(this.source.element), heightOf(this.source.element)];
    if (w && h) page.stage.style.aspectRatio = `${w} / ${h}`; // a phone's image turns with the phone
    overlay.landmarks = page.landmarks.checked;
    overlay.still = this.reduced.matches;
    overlay.draw(now, isPhoto);
    this.people.refresh(now, isPhoto);
  }

  /** How fast it is, once a second. */
  report() {
    const { counts, source, root } = this;
    const now = performance.now();
    const seconds = (now - counts.since) / 1000;
    const trips = counts.trips.sort((a, b) => a - b);
    if (source.kind !== "photo") {
      root.dataset.shown = (counts.shown / seconds).toFixed(1);
      root.dataset.analysed = (counts.analysed / seconds).toFixed(1);
      if (trips.length) root.dataset.trip = trips[trips.length >> 1].toFixed(0);
      this.page.rate.textContent =
        `${Math.round(root.dataset.shown)} images/s shown, ${Math.round(root.dataset.analysed)} analysed` +
        (trips.length ? `, ${root.dataset.trip} ms from image to answer` : "");
    }
    Object.assign(counts, { shown: 0, analysed: 0, since: now, trips: [] });
    const isDark = source.kind === "camera" && now - this.imageAt > 5000 && document.visibilityState === "visible";
    if (isDark && root.dataset.state === "running") this.say("waiting", "The camera sends no images. If it does not come back, stop and start it again.");
  }

  async nameCameras() {
    const { cameras, camera } = this.page;
    const { source } = this;
    const found = await listCameras();
    if (source !== this.source) return;
    cameras.replaceChildren(
      ...found.map(({ deviceId, label }, k) => {
        const option = make("option", "", label || `Camera ${k + 1}`);
        option.value = deviceId;
        return option;
      }),
    );
    if (found.some(({ deviceId }) => deviceId === source?.deviceId)) cameras.value = source.deviceId;
    camera.hidden = !found.length;
  }

  /** What is seen of the stage, and which way round. */
  arrange() {
    const { page, source } = this;
    const kind = source?.kind;
    const mirrored = kind === "camera" && page.mirror.checked;
    page.video.classList.toggle("emo-mirrored", mirrored);
    page.video.controls = kind === "clip";
    page.video.hidden = kind !== "camera" && kind !== "clip";
    page.photo.replaceChildren(...(kind === "photo" ? [source.element] : []));
    page.empty.hidden = Boolean(source);
    this.overlay.mirror = mirrored;
  }

  /** Let go of the camera, the file and the kernel's session. */
  free() {
    this.turn++;
    this.isAsking = false;
    clearInterval(this.timer);
    const { source, channel } = this;
    this.source = this.channel = null;
    channel?.close();
    source?.stop();
    this.grabber.forget();
    this.overlay.clear();
    this.people.clear();
    this.arrange();
    this.page.rate.textContent = "";
    for (const name of ["shown", "analysed", "trip"]) delete this.root.dataset[name];
  }

  stop(text, state = "idle") {
    this.free();
    this.say(state, text);
  }

  close() {
    this.stop("Closed.");
    this.undo.abort();
    this.unload();
    this.model.off("change:mirror", this.mirrored);
    this.model.off("change:_network", this.again);
  }
}

function render({ model, el }) {
  const root = make("div", "emo-webcam");
  root.dataset.lmSuppressShortcuts = "true"; // else JupyterLab takes Enter away from the buttons
  el.append(root);
  const demo = new Demo(model, root);
  return () => demo.close();
}

export default { render };
