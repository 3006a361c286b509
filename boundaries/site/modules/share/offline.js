// The page without a network: a service worker (sw.js) keeps what the page used. Only where browsers allow one.

// `worker`: address of sw.js, `scope`: what it answers for. Resolves when the page may be opened without a network.
export async function keepOffline(worker, scope) {
  if (!worker || !("serviceWorker" in navigator) || !window.isSecureContext) return false;
  try {
    await navigator.serviceWorker.register(worker, { scope });
    const ready = await navigator.serviceWorker.ready;
    // What was fetched before the worker stood is told to it.
    const used = performance.getEntriesByType("resource").map(({ name }) => name);
    ready.active.postMessage({ keep: used.filter((name) => name.startsWith(location.origin)) });
    return true;
  } catch {
    return false; // a private window, or no room: the page works as it did
  }
}
