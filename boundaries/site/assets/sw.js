// Keeps the map page for when there is no network. DAPIL = {version, pages, files, more, folders} is written above this
// text when it is served: the version names release and code, so another release is another cache, and the old one goes.
/* global DAPIL */

const CACHE = `peta-dapil-${DAPIL.version}`;
const ANY = { ignoreVary: true }; // what is kept was asked for by this script, with other headers than a page's own
const PATIENCE = 4000; // milliseconds that a page may take before the kept one is shown

self.addEventListener("install", (event) => {
  event.waitUntil(
    (async () => {
      const cache = await caches.open(CACHE);
      await Promise.all([...DAPIL.pages, ...DAPIL.files].map((address) => keep(cache, address)));
      if (!navigator.connection?.saveData) await Promise.allSettled(DAPIL.more.map((address) => keep(cache, address)));
      await self.skipWaiting();
    })(),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      const old = (await caches.keys()).filter((name) => name.startsWith("peta-dapil-") && name !== CACHE);
      await Promise.all(old.map((name) => caches.delete(name)));
      await self.clients.claim();
    })(),
  );
});

self.addEventListener("message", ({ data }) => {
  if (!Array.isArray(data?.keep)) return;
  caches.open(CACHE).then(async (cache) => {
    for (const address of data.keep) {
      if (ours(new URL(address)) && !(await cache.match(address, ANY))) await keep(cache, address).catch(() => {});
    }
  });
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== self.location.origin) return;
  if (request.mode === "navigate") event.respondWith(page(request));
  else if (ours(address)) event.respondWith(file(request));
});

// Assets and data never change under one name, or belong to this version: what is kept is right.
function ours({ pathname }) {
  return DAPIL.folders.some((folder) => pathname.startsWith(new URL(folder, self.location).pathname));
}

// Put an answer away, if it is one: an error is never kept, nor what was only in part.
async function keep(cache, address) {
  const answer = await fetch(address);
  if (!good(answer)) throw new Error(`${address}: ${answer.status}`);
  await cache.put(address, answer);
}

function good(answer) {
  return answer.status === 200 && answer.type === "basic" && !answer.redirected;
}

async function file(request) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request, ANY);
  if (kept) return kept;
  const answer = await fetch(request);
  if (good(answer)) cache.put(request, answer.clone()).catch(() => {}); // no room: it works all the same
  return answer;
}

// A page comes from the network, so that a new release is seen; without one, or where it is slow, the kept page.
async function page(request) {
  const cache = await caches.open(CACHE);
  const kept = (await cache.match(request, ANY)) ?? (await cache.match(request, { ...ANY, ignoreSearch: true }));
  // Asked for anew even if the browser may keep it for a minute: the kept files of the old release go with their worker.
  const asked = fetch(request, { cache: "no-cache" }).then((answer) => {
    if (good(answer)) cache.put(request, answer.clone()).catch(() => {});
    return answer;
  });
  if (!kept) return asked;
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE, kept));
  return Promise.race([asked.catch(() => kept), late]);
}
