// The way to the kernel and back: at most two frames unanswered, and what silence means.

const IN_FLIGHT = 2;
const SILENCE = 3000; // ms without any answer before the page says so
const STALE = 2000; // ms after which an answer is about a picture that is long gone
const LOST = 8000; // ms after which a frame is given up, if the kernel says that it is not working on it

const GONE =
  "The kernel was restarted or has stopped, and the demo with it; the camera is off. Run this cell again to go on.";
const BUSY =
  "The kernel does not answer: it is busy with another cell, or was stopped. The demo goes on by itself as soon as " +
  "it answers. If no cell is running, run this cell again.";
const SLOW = "The kernel still works on the last picture; the demo goes on by itself.";
const LOADING = "The camera is on. Loading the model; the first time, this takes some seconds.";

const newSession = () =>
  Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Have the kernel load the model while nobody waits for it. tell(text) gets what to say, or "" when it is done. */
function preload(model, tell) {
  const session = newSession();
  const hear = (answer) => {
    if (answer?.session !== session) return;
    if (answer.kind === "loading") tell("Loading the model. You can start the camera now, or wait some seconds.");
    else tell(answer.error ?? "");
  };
  model.on("msg:custom", hear);
  try {
    model.send({ kind: "load", session });
  } catch {
    // no kernel; whoever presses Start is told
  }
  return () => model.off("msg:custom", hear);
}

/** What came beside a message: JupyterLab hands over a DataView, Colab a Uint8Array, others an ArrayBuffer. */
const bytesOf = (buffer) =>
  ArrayBuffer.isView(buffer) ? new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength) : new Uint8Array(buffer);

/** One session with the kernel: from start to stop of one camera, photo or clip. */
class Channel {
  /**
   * tell: { ready(), people(answer, buffers, sentAt), silent(text), alive(), failed(text), gone(text), replaced() }
   * stale: ms after which an answer is not shown any more; a photo is never gone.
   */
  constructor(model, tell, stale = STALE) {
    this.model = model;
    this.tell = tell;
    this.stale = stale;
    this.session = newSession();
    this.sent = new Map(); // number -> when
    this.number = 0;
    this.isReady = this.isOver = this.isSilent = this.isLoading = false;
    this.heard = performance.now();
    this.pinged = 0;
    this.failures = 0;
    this.hear = (answer, buffers) => this.receive(answer, (buffers ?? []).map(bytesOf));
    this.lost = () => this.ask(); // the widget manager says that the connection may be gone
    model.on("msg:custom", this.hear);
    model.on("comm_live_update", this.lost);
    this.timer = setInterval(() => this.look(), 500);
    this.post({ kind: "start" });
  }

  post(content, buffers) {
    try {
      this.model.send({ ...content, session: this.session }, undefined, buffers);
      return true;
    } catch {
      if (!this.isOver) this.end(GONE); // the connection is closed for good
      return false;
    }
  }

  get hasRoom() {
    return this.isReady && !this.isOver && !this.isSilent && this.sent.size < IN_FLIGHT;
  }

  /** Take a place before the picture is made; the frame's number. */
  reserve() {
    this.sent.set(++this.number, performance.now());
    return this.number;
  }

  release(number) {
    this.sent.delete(number);
  }

  frame(number, jpeg, binary) {
    if (this.isOver) return;
    const now = performance.now();
    this.sent.set(number, now);
    this.post({ kind: "frame", number, time: now / 1000, binary }, [jpeg]);
  }

  receive(answer, buffers) {
    if (this.isOver || answer?.session !== this.session) return;
    this.heard = performance.now();
    if (this.isSilent) {
      this.isSilent = false;
      if (this.isReady) this.tell.alive();
      else if (this.isLoading) this.tell.silent(LOADING);
    }
    const sentAt = this.sent.get(answer.number);
    if (answer.number != null) this.sent.delete(answer.number);
    switch (answer.kind) {
      case "loading":
        this.isLoading = true;
        return this.tell.silent(LOADING);
      case "ready":
        this.isReady = true;
        this.channel = answer.channel;
        return this.tell.ready();
      case "people":
        this.failures = 0;
        if (sentAt !== undefined && this.heard - sentAt < this.stale) this.tell.people(answer, buffers, sentAt);
        return undefined;
      case "pong":
        if (!answer.working) this.forgive();
        else if (this.isReady && this.oldest() > SILENCE) this.tell.silent(SLOW);
        return undefined;
      case "replaced":
        return this.end("The demo was started in another view of this widget, so it stopped here.");
      case "refused":
      case "failed":
        // One bad picture may be chance; when every one fails, or nothing could be loaded, going on makes no sense.
        if (!this.isReady || ++this.failures >= 5) return this.end(`${answer.error} The demo has stopped.`);
        return this.tell.failed(answer.error);
      default:
        return undefined; // dropped
    }
  }

  /** ms since the oldest unanswered frame was sent. */
  oldest() {
    return this.sent.size ? performance.now() - Math.min(...this.sent.values()) : 0;
  }

  /** The kernel says that it works on nothing: frames that are still unanswered were lost on the way. */
  forgive() {
    for (const [number, when] of this.sent) if (performance.now() - when > LOST) this.sent.delete(number);
    if (!this.isReady && this.isLoading === false) this.post({ kind: "start" });
  }

  look() {
    const now = performance.now();
    const waiting = this.sent.size > 0 || !this.isReady || this.isSilent;
    if (!waiting) {
      this.heard = now;
      return;
    }
    const quiet = now - this.heard;
    if (quiet > SILENCE && !this.isSilent) {
      this.isSilent = true;
      this.tell.silent(BUSY);
    }
    // Pings are a few bytes: however long the kernel is busy, no queue of pictures builds up.
    if ((quiet > 1000 || this.oldest() > SILENCE) && now - this.pinged > 2000) this.ask();
  }

  async ask() {
    this.pinged = performance.now();
    if (!this.post({ kind: "ping" }) || !this.channel || this.isAsking) return;
    this.isAsking = true;
    try {
      // Not in every notebook; where it is, it tells a busy kernel (no reply) from a new one (a reply without us).
      const known = await this.model.widget_manager?._get_comm_info?.();
      if (known && !this.isOver && !(this.channel in known)) this.end(GONE);
    } catch {
      // no kernel to ask: the silence itself is told
    }
    this.isAsking = false;
  }

  end(why) {
    if (this.isOver) return;
    this.close();
    this.tell.gone(why);
  }

  close() {
    if (this.isOver) return;
    this.isOver = true;
    this.post({ kind: "stop" });
    clearInterval(this.timer);
    this.sent.clear();
    this.model.off("msg:custom", this.hear);
    this.model.off("comm_live_update", this.lost);
  }
}
