// Keeps the demo's own files, so that it works without a network. Nothing else is ever stored: only what this folder
// serves, never an image.
const CACHE = "emocourse-demo";

self.addEventListener("install", (event) => {
  const fill = async () => {
    const files = await (await fetch("files.json")).json();
    await (await caches.open(CACHE)).addAll(["./", "files.json", ...files]);
    await self.skipWaiting();
  };
  event.waitUntil(fill());
});

self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

// The newest file where there is a network, else the one that was kept.
async function answer(request) {
  const cache = await caches.open(CACHE);
  try {
    const fresh = await fetch(request);
    if (fresh.ok && fresh.status === 200) await cache.put(request, fresh.clone());
    return fresh;
  } catch (error) {
    const kept = await cache.match(request, { ignoreSearch: true });
    if (kept) return kept;
    throw error;
  }
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method === "GET" && request.url.startsWith(self.registration.scope)) event.respondWith(answer(request));
});
