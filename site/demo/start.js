// Puts the widget's page on this one, and lets one choose the network.
import widget from "./widget.js";
import { Kernel } from "./kernel.js";

const MB = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
const make = (tag, text) => Object.assign(document.createElement(tag), text === undefined ? {} : { textContent: text });

/** The demo in an element; what facts.json says of the networks in another, which may be missing. */
export async function start(root, { networks, status } = {}) {
  if (typeof WebAssembly !== "object") throw new Error("this browser has no WebAssembly, or it is switched off");
  const response = await fetch(new URL("facts.json", import.meta.url));
  if (!response.ok) throw new Error(`facts.json: ${response.status}`);
  const facts = await response.json();
  const kernel = new Kernel(facts);
  root.replaceChildren();
  widget.render({ model: kernel, el: root });
  if (networks) offer(kernel, facts.networks, networks, status);
  return kernel;
}

function offer(kernel, known, fieldset, status) {
  known.forEach(({ name, title, bytes, accuracy, note }) => {
    const label = make("label");
    const choice = Object.assign(make("input"), { type: "radio", name: "network", value: name, checked: name === kernel.chosen });
    const words = make("span");
    words.append(make("b", title), make("span", `${MB(bytes)}. ${accuracy} ${note}`));
    label.append(choice, words);
    fieldset.append(label);
    choice.addEventListener("change", async () => {
      status.textContent = `Loading ${title}: ${MB(bytes)}.`;
      try {
        await kernel.choose(name);
        status.textContent = `${title} reads the faces now.`;
      } catch (error) {
        fieldset.querySelector(`[value="${kernel.chosen}"]`).checked = true;
        status.textContent = `${title} could not be loaded (${navigator.onLine ? error.message : "there is no network"}).`;
      }
    });
  });
  fieldset.hidden = false;
}

/** Keep the page's own files, so that it works without a network. */
async function keep() {
  try {
    await navigator.serviceWorker?.register("sw.js");
  } catch {
    // private windows and odd settings: the page then needs the network
  }
}

const page = document.getElementById("demo");
if (page && document.querySelector("#networks")) {
  const at = (id) => document.getElementById(id);
  try {
    const kernel = await start(page, { networks: at("networks"), status: at("network-status") });
    window.demo = kernel; // for tests
    await kernel.load(kernel.chosen);
    await keep();
  } catch (error) {
    const loading = at("loading");
    if (loading) loading.textContent = `The demo could not be loaded (${error.message}). Reload the page.`;
  }
}
