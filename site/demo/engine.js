// The course's networks in a browser: find faces, cut them out as the course does, read the emotions.
//
// Nothing leaves the page. The weights are the course's own files, unchanged; what stands behind a name in brackets
// is the Python that a function does again, and tests hold the two together.
import * as faceapi from "./vendor/face-api/face-api.esm.js";

export const tf = faceapi.tf;

/** How faces are looked for: side of the square that the detector sees, and the lowest score that counts. */
export const CAMERA = { inputSize: 320, scoreThreshold: 0.3 };
export const PHOTO = { inputSize: 512, scoreThreshold: 0.4 };

const VENDOR = new URL("./vendor/", import.meta.url).href;
const SIDE = 48;
const MIDDLE = 44; // networks are trained on crops of 44 × 44 (architectures.center_crop)
const EPSILON = 1e-3; // Keras' own in batch normalisation
const MOST_FACES = 12; // more would keep the page from answering

// ---- weights: half precision in the format safetensors (models.weights) --------------------------------------------

function half(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  return exponent ? sign * 2 ** (exponent - 15) * (1 + fraction / 1024) : sign * 2 ** -24 * fraction;
}

/** { meta, arrays: { name: { shape, values: Float32Array } } } of a weights file. */
export async function readWeights(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} cannot be loaded (${response.status})`);
  const buffer = await response.arrayBuffer();
  const start = 8 + Number(new DataView(buffer).getBigUint64(0, true));
  const { __metadata__: told, ...said } = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, start - 8)));
  const arrays = {};
  for (const [name, { shape, data_offsets: [first, end] }] of Object.entries(said)) {
    const bits = new Uint16Array(buffer.slice(start + first, start + end));
    arrays[name] = { shape, values: Float32Array.from(bits, half) };
  }
  return { meta: JSON.parse(told.model), arrays };
}

// ---- networks (models.architectures) -------------------------------------------------------------------------------

let started;

/** Start WebAssembly, once: without a graphics card WebGL is ten times slower. No tensor may be made before. */
function arithmetic() {
  const start = async () => {
    tf.setWasmPaths(`${VENDOR}tfjs-backend-wasm/`);
    if (!(await tf.setBackend("wasm"))) throw new Error("WebAssembly could not be started");
    await tf.ready();
  };
  started ??= start();
  started.catch(() => (started = undefined));
  return started;
}

/** A network: read(tensor of n faces) gives n rows of probabilities. */
export async function loadNetwork(url) {
  const [{ meta, arrays }] = await Promise.all([readWeights(url), arithmetic()]);
  const weights = Object.fromEntries(
    Object.entries(arrays).map(([key, { shape, values }]) => [key, tf.tensor(values, shape)]),
  );
  const forward = meta.name === "slides" ? slides(weights) : residual(weights);
  const read = async (input) => {
    const shares = tf.tidy(() => tf.softmax(tf.div(forward(input), meta.temperature)));
    const rows = await shares.array();
    shares.dispose();
    return rows;
  };
  return { name: meta.name, classes: meta.classes, read };
}

/** `tiny` and `main`: which blocks there are, and how often each adds, is told by the names of the weights. */
function residual(weights) {
  const blocks = new Map(); // filters -> how many convolutions are added
  for (const key of Object.keys(weights).filter((name) => name.endsWith("_conv/kernel"))) {
    const layer = key.replace("_conv/kernel", "");
    const norm = (part) => weights[`${layer}_norm/${part}`];
    // Batch normalisation goes into the kernel and a bias.
    const gain = tf.div(norm("gamma"), tf.sqrt(tf.add(norm("moving_variance"), EPSILON)));
    weights[`${layer}/bias`] = tf.sub(norm("beta"), tf.mul(norm("moving_mean"), gain));
    weights[`${layer}/kernel`] = tf.mul(weights[key], gain);
    tf.dispose([gain, weights[key], ...["gamma", "beta", "moving_mean", "moving_variance"].map(norm)]);
    const [block, place] = layer.split("_");
    if (place !== undefined) blocks.set(block, (blocks.get(block) ?? -1) + 1);
  }
  // Deeper blocks have more filters; the file has its arrays in the order of the alphabet, "c128" before "c32".
  const order = [...blocks].sort(([a], [b]) => weights[`${a}_in/bias`].size - weights[`${b}_in/bias`].size);
  const conv = (x, layer) => tf.add(tf.conv2d(x, weights[`${layer}/kernel`], 1, "same"), weights[`${layer}/bias`]);
  return (x) => {
    x = tf.relu(conv(x, "stem"));
    for (const [block, repeats] of order) {
      x = tf.relu(conv(tf.maxPool(x, 2, 2, "valid"), `${block}_in`));
      for (let k = 0; k < repeats; k += 1) x = tf.relu(tf.add(x, conv(x, `${block}_${k}`)));
    }
    return tf.add(tf.matMul(tf.mean(x, [1, 2]), weights["emotions/kernel"]), weights["emotions/bias"]);
  };
}

function slides(weights) {
  const conv = (x, layer) => tf.relu(tf.add(tf.conv2d(x, weights[`${layer}/kernel`], 1, "valid"), weights[`${layer}/bias`]));
  const dense = (x, layer) => tf.add(tf.matMul(x, weights[`${layer}/kernel`]), weights[`${layer}/bias`]);
  return (x) => {
    for (const [first, second] of [["conv2d", "conv2d_1"], ["conv2d_2", "conv2d_3"], ["conv2d_4", "conv2d_5"]]) {
      x = tf.maxPool(conv(conv(x, first), second), 2, 2, "valid");
    }
    x = tf.reshape(x, [x.shape[0], -1]);
    return dense(tf.relu(dense(tf.relu(dense(x, "dense")), "dense_1")), "dense_2");
  };
}

// ---- images: { data: Uint8Array, width, height }, grey ---------------------------------------------------------------

/** Not an OffscreenCanvas: face-api takes none. Asked to be read often, it stays in memory that JavaScript reads. */
export function newCanvas(width, height) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  canvas.getContext("2d", { willReadFrequently: true, alpha: false });
  return canvas;
}

export function greyOf(canvas) {
  const { width, height } = canvas;
  const rgba = canvas.getContext("2d", { willReadFrequently: true }).getImageData(0, 0, width, height).data;
  const data = new Uint8Array(width * height);
  for (let i = 0, k = 0; i < data.length; i += 1, k += 4) {
    data[i] = 0.299 * rgba[k] + 0.587 * rgba[k + 1] + 0.114 * rgba[k + 2] + 0.5;
  }
  return { data, width, height };
}

/** Python's round: a half goes to the even number. */
function round(value) {
  const down = Math.floor(value);
  const rest = value - down;
  return rest > 0.5 || (rest === 0.5 && down % 2 !== 0) ? down + 1 : down;
}

/** Left, top and side of the square around a face (faces.crop_square). */
export function cropSquare([x, y, w, h], margin = 0.06, lift = 0.11) {
  const size = Math.max(w, h);
  const side = Math.max(1, round((size + 1) * (1 + 2 * margin)));
  const [middleX, middleY] = [x + w / 2, y + h / 2 - lift * size];
  return [round(middleX - (side - 1) / 2), round(middleY - (side - 1) / 2), side];
}

/** For each of `out` pixels of a row of `size`: which pixels it takes, and how much of each; OpenCV's area or cubic. */
function taps(size, out) {
  const scale = size / out;
  const clamp = (k) => Math.min(size - 1, Math.max(0, k));
  const near = (d) => (1.25 * d - 2.25) * d * d + 1;
  const far = (d) => -0.75 * (((d - 5) * d + 8) * d - 4);
  return Array.from({ length: out }, (_, i) => {
    const list = [];
    if (scale >= 1) {
      for (let k = Math.floor(i * scale); k < Math.min(size, (i + 1) * scale); k += 1) {
        list.push([k, (Math.min(k + 1, (i + 1) * scale) - Math.max(k, i * scale)) / scale]);
      }
      return list;
    }
    const place = (i + 0.5) * scale - 0.5;
    const first = Math.floor(place);
    const t = place - first;
    return [far(t + 1), near(t), near(1 - t), far(2 - t)].map((weight, k) => [clamp(first - 1 + k), weight]);
  });
}

/** A square of a grey image, resized; pixels at the edge are repeated outside (faces.crop). */
export function crop({ data, width, height }, [left, top, size], side = SIDE) {
  const clamp = (value, length) => Math.min(length - 1, Math.max(0, value));
  const weights = taps(size, side);
  const rows = new Float32Array(size * side);
  for (let r = 0; r < size; r += 1) {
    const base = clamp(top + r, height) * width;
    for (let c = 0; c < side; c += 1) {
      let sum = 0;
      for (const [k, weight] of weights[c]) sum += weight * data[base + clamp(left + k, width)];
      rows[r * side + c] = sum;
    }
  }
  const out = new Uint8ClampedArray(side * side);
  for (let r = 0; r < side; r += 1) {
    for (let c = 0; c < side; c += 1) {
      let sum = 0;
      for (const [k, weight] of weights[r]) sum += weight * rows[k * side + c];
      out[r * side + c] = sum;
    }
  }
  return { data: out, width: side, height: side };
}

/** Faces of 48 × 48 as (n, 44, 44, 1), each with mean 0 and deviation 1 (architectures.pixel_input). */
export function pixelInput(faces) {
  const border = (SIDE - MIDDLE) / 2;
  const n = MIDDLE * MIDDLE;
  const all = new Float32Array(faces.length * n);
  faces.forEach(({ data }, place) => {
    const one = all.subarray(place * n, (place + 1) * n);
    for (let r = 0; r < MIDDLE; r += 1) {
      for (let c = 0; c < MIDDLE; c += 1) one[r * MIDDLE + c] = data[(r + border) * SIDE + c + border];
    }
    const mean = one.reduce((sum, value) => sum + value, 0) / n;
    const spread = Math.max(1, Math.sqrt(one.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n));
    for (let i = 0; i < n; i += 1) one[i] = (one[i] - mean) / spread;
  });
  return tf.tensor(all, [faces.length, MIDDLE, MIDDLE, 1]);
}

/** One white pixel at each landmark but the outline's, of points in pixels of the crop (landmarks.binary_image). */
export function binaryImage(points) {
  const bits = new Float32Array(SIDE * SIDE);
  for (const [x, y] of points.slice(17)) {
    const [c, r] = [round(x), round(y)];
    if (c >= 0 && c < SIDE && r >= 0 && r < SIDE) bits[r * SIDE + c] = 1;
  }
  return bits;
}

export const binaryInput = (images) => tf.tensor(Float32Array.from(images.flatMap((bits) => [...bits])), [images.length, SIDE, SIDE, 1]);

// ---- faces and landmarks, by face-api --------------------------------------------------------------------------------

/** Load detector and landmarks. */
export async function loadFaces() {
  await arithmetic();
  await Promise.all([
    faceapi.nets.tinyFaceDetector.loadFromUri(`${VENDOR}face-api/model`),
    faceapi.nets.faceLandmark68Net.loadFromUri(`${VENDOR}face-api/model`),
  ]);
}

/** Boxes [x, y, w, h, score], as the detector gives them. */
export async function detect(canvas, settings = CAMERA) {
  const found = await faceapi.tinyFaceDetector(canvas, new faceapi.TinyFaceDetectorOptions(settings));
  return found.map(({ box, score }) => [box.x, box.y, box.width, box.height, score]);
}

const part = { canvas: null };

/** 68 points of the image around a detected box; pixel centres lie at whole numbers. */
export async function landmarks(canvas, [x, y, w, h]) {
  const side = 112; // what the network reads
  part.canvas ??= newCanvas(side, side);
  const context = part.canvas.getContext("2d");
  const scale = side / Math.max(w, h);
  const [left, top] = [x + w / 2 - side / scale / 2, y + h / 2 - side / scale / 2];
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, side, side);
  context.imageSmoothingQuality = "high";
  context.setTransform(scale, 0, 0, scale, -left * scale, -top * scale);
  context.drawImage(canvas, 0, 0);
  const found = await faceapi.nets.faceLandmark68Net.detectLandmarks(part.canvas);
  return found.positions.map((point) => [point.x / scale + left - 0.5, point.y / scale + top - 0.5]);
}

/**
 * dlib's box about a face from its eyes (twin.scenes.BOX_SIDE and BOX_DOWN), so that faces are framed as FER2013's are.
 * The detector's own box is 20 to 45 % wider than dlib's, and changes with the size that the detector sees.
 */
export function dlibBox(points) {
  const middle = (from) => [0, 1].map((k) => points.slice(from, from + 6).reduce((sum, point) => sum + point[k], 0) / 6);
  const [[ax, ay], [bx, by]] = [middle(36), middle(42)];
  const unit = Math.max(2, Math.hypot(bx - ax, by - ay));
  const side = 2.4 * unit;
  return [(ax + bx) / 2 - side / 2, (ay + by) / 2 + 0.49 * unit - side / 2, side, side];
}

/** Points of the image in pixels of a 48 × 48 crop (landmarks.in_crop). */
export const inCrop = (points, [left, top, size]) =>
  points.map(([x, y]) => [((x - left + 0.5) * SIDE) / size - 0.5, ((y - top + 0.5) * SIDE) / size - 0.5]);

/** The whole way: [{ box, score, points, crop, binary, probabilities }] of a canvas. */
export async function read(canvas, network, settings = CAMERA) {
  const boxes = (await detect(canvas, settings)).sort((a, b) => b[4] - a[4]).slice(0, MOST_FACES);
  if (!boxes.length) return [];
  const grey = greyOf(canvas);
  const faces = [];
  for (const found of boxes) {
    const points = await landmarks(canvas, found);
    const box = dlibBox(points);
    const square = cropSquare(box);
    faces.push({ box, score: found[4], points, crop: crop(grey, square), binary: binaryImage(inCrop(points, square)) });
  }
  const input = network.name === "slides" ? binaryInput(faces.map((face) => face.binary)) : pixelInput(faces.map((face) => face.crop));
  const rows = await network.read(input);
  input.dispose();
  return faces.map((face, k) => ({ ...face, probabilities: rows[k] }));
}
