// Keeps the page's files in the browser, so that it opens without a network. Another export replaces all of them.

const FILES = {}; // the export writes each file's name and digest here
const FAMILY = `page of ${self.registration.scope} `;
const CACHE = FAMILY + Object.values(FILES).join(" ");

self.addEventListener("install", (event) => {
  event.waitUntil(keep().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(forget().then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const name = nameOf(event.request);
  if (event.request.method === "GET" && name in FILES) event.respondWith(kept(event.request, name));
});

// The digests keep out a file of another export.
async function keep() {
  const cache = await caches.open(CACHE);
  await cache.addAll(Object.entries(FILES).map(([name, integrity]) => new Request(name, { cache: "no-cache", integrity })));
}

async function forget() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(FAMILY) && name !== CACHE).map((name) => caches.delete(name)));
}

function nameOf(request) {
  const { origin, pathname } = new URL(request.url);
  const { origin: own, pathname: folder } = new URL(self.registration.scope);
  return origin === own && pathname.startsWith(folder) ? pathname.slice(folder.length) || "index.html" : "";
}

async function kept(request, name) {
  const cache = await caches.open(CACHE);
  return (await cache.match(name)) ?? fetch(request);
}
