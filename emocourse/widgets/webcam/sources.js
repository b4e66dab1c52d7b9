// Where pictures come from: a camera, a photo or a recorded clip. Each gives { element, width, height, live, stop }.

const MAX_PHOTO = 30 * 2 ** 20;
const MAX_CLIP = 500 * 2 ** 20; // read by the browser piece by piece, never sent as a whole

/** A sentence for the student. */
class Trouble extends Error {}

const CAMERA_TROUBLE = {
  NotFoundError: "No camera was found. Connect one and press Start camera, or open a photo or a clip.",
  NotAllowedError:
    "The browser was not allowed to use the camera. Allow it in the address bar or in the system's settings, " +
    "and press Start camera again, or open a photo or a clip.",
  NotReadableError: "The camera is in use by another program. Close that program, and press Start camera again.",
  OverconstrainedError: "That camera is gone. Choose another one, and press Start camera again.",
};
CAMERA_TROUBLE.SecurityError = CAMERA_TROUBLE.NotAllowedError;
CAMERA_TROUBLE.AbortError = CAMERA_TROUBLE.NotReadableError;

/** Ask for a camera; deviceId "" leaves the choice to the browser. */
async function openCamera(video, deviceId, width, height) {
  if (!navigator.mediaDevices?.getUserMedia) {
    throw new Trouble(
      "This page cannot use a camera, since its address is neither https nor localhost. " +
        "Open it at such an address, or open a photo or a clip here.",
    );
  }
  const wanted = { width: { ideal: width }, height: { ideal: height }, frameRate: { ideal: 30 } };
  if (deviceId) wanted.deviceId = { exact: deviceId };
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
  } catch (error) {
    throw new Trouble(CAMERA_TROUBLE[error.name] ?? `The camera could not be started (${error.name}: ${error.message}).`);
  }
  const stop = () => {
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  };
  try {
    video.srcObject = stream;
    await video.play();
  } catch (error) {
    stop();
    throw new Trouble(`The camera gives no picture (${error.name}). Press Start camera again.`);
  }
  const [track] = stream.getVideoTracks();
  return { kind: "camera", element: video, stop, track, deviceId: track.getSettings().deviceId ?? "" };
}

/** The cameras, named only after permission: [{ deviceId, label }]. */
async function listCameras() {
  try {
    const devices = await navigator.mediaDevices.enumerateDevices();
    return devices.filter((device) => device.kind === "videoinput" && device.deviceId);
  } catch {
    return [];
  }
}

/** A photo, decoded by the browser and turned upright. */
async function openPhoto(file) {
  if (file.size > MAX_PHOTO) throw new Trouble(`The photo is larger than ${MAX_PHOTO >> 20} MB. Choose a smaller one.`);
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    throw new Trouble("The browser cannot read this photo. Save it as JPEG or PNG, and open it again.");
  }
  const canvas = document.createElement("canvas");
  const scale = Math.min(1, 1600 / Math.max(bitmap.width, bitmap.height));
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return { kind: "photo", element: canvas, stop: () => canvas.remove() };
}

/** A recorded clip, played with the browser's own controls. */
async function openClip(video, file) {
  if (file.size > MAX_CLIP) throw new Trouble(`The clip is larger than ${MAX_CLIP >> 20} MB. Choose a shorter one.`);
  const address = URL.createObjectURL(file);
  const stop = () => {
    video.pause();
    video.removeAttribute("src");
    video.load();
    URL.revokeObjectURL(address);
  };
  try {
    video.src = address;
    video.muted = true;
    await video.play();
    if (!video.videoWidth) throw new Error("no picture");
  } catch {
    stop();
    throw new Trouble("The browser cannot play this clip. Save it as MP4 or WebM, and open it again.");
  }
  return { kind: "clip", element: video, stop };
}

/**
 * Whether this page gets back what it draws. Some protections against tracking give one colour or noise in its place;
 * those that change a pixel's last bits do no harm.
 */
function canReadCanvas() {
  const canvas = document.createElement("canvas");
  const side = 8;
  const colours = [[255, 0, 0], [0, 255, 0], [0, 0, 255], [40, 40, 40]];
  Object.assign(canvas, { width: side * colours.length, height: side });
  try {
    const context = canvas.getContext("2d", { willReadFrequently: true });
    colours.forEach((colour, k) => {
      context.fillStyle = `rgb(${colour})`;
      context.fillRect(k * side, 0, side, side);
    });
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    const off = data.reduce((sum, value, at) => {
      const wanted = [...colours[Math.floor((at >> 2) / side) % colours.length], 255][at & 3];
      return sum + Math.abs(value - wanted);
    }, 0);
    return off / data.length < 16;
  } catch {
    return false;
  }
}

const widthOf = (element) => element.videoWidth ?? element.width;
const heightOf = (element) => element.videoHeight ?? element.height;

/** Makes JPEG files of at most the given size from a video or a canvas, in one canvas of its own. */
class Grabber {
  constructor() {
    this.canvas = document.createElement("canvas");
    this.context = this.canvas.getContext("2d", { willReadFrequently: true, alpha: false });
  }

  async grab(element, width, height, quality) {
    const scale = Math.min(1, width / widthOf(element), height / heightOf(element));
    const w = Math.max(1, Math.round(widthOf(element) * scale));
    const h = Math.max(1, Math.round(heightOf(element) * scale));
    if (this.canvas.width !== w || this.canvas.height !== h) Object.assign(this.canvas, { width: w, height: h });
    this.context.drawImage(element, 0, 0, w, h);
    const blob = await new Promise((resolve) => this.canvas.toBlob(resolve, "image/jpeg", quality));
    return blob ? await blob.arrayBuffer() : null;
  }

  forget() {
    Object.assign(this.canvas, { width: 1, height: 1 });
  }
}
