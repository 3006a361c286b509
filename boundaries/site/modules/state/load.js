// Files of the release. Over http by fetch; in a folder that was opened from a disk (file://), where browsers
// forbid fetch, by a script beside each file that hands over the same text.

const KEPT = 24; // parsed files kept for whoever asks again; maps are kept in their decoded form elsewhere
const keptFiles = new Map();
const underWay = new Map();
const awaited = new Map();
let dataBase = "data/";
let tellWaiting = () => {};
const PATIENCE = 900000; // milliseconds: so long a file may be in the making

export class LoadError extends Error {
  constructor(name, status) {
    super(`${name}: ${status || "network"}`);
    this.name = "LoadError";
    this.file = name;
    this.status = status; // of HTTP; 0 where nothing answered
  }
}

// Say where the files are, and who is told of a file that the server is still making (null: of none any more).
export function setDataBase(base, waiting = () => {}) {
  dataBase = base;
  tellWaiting = waiting;
  if (location.protocol === "file:") window.dapilData = (name, text) => awaited.get(name)?.(text);
}

export function addressOf(name) {
  return dataBase + name;
}

// The parsed content of a file. Whoever asks while it is on its way gets the same; a failure is not remembered.
export function load(name) {
  const kept = keptFiles.get(name);
  if (kept !== undefined) {
    keptFiles.delete(name);
    keptFiles.set(name, kept);
    return Promise.resolve(kept);
  }
  let coming = underWay.get(name);
  if (!coming) {
    const early = askedEarly(name);
    const answer = location.protocol === "file:" ? byScript(name) : early ?? byFetch(name);
    coming = answer.finally(() => underWay.delete(name));
    underWay.set(name, coming);
  }
  return coming;
}

// What was asked for before this script was there (opening.js); what did not come then is asked for again.
function askedEarly(name) {
  const early = globalThis.dapilAsked?.get(name);
  globalThis.dapilAsked?.delete(name);
  return early?.then((found) => found ?? byFetch(name));
}

// The same, kept for the next time.
export async function loadAndKeep(name) {
  const value = await load(name);
  keptFiles.set(name, value);
  if (keptFiles.size > KEPT) keptFiles.delete(keptFiles.keys().next().value);
  return value;
}

// Ask for a file; one that the server is still making is asked for again when it says.
async function byFetch(name) {
  const latest = Date.now() + PATIENCE;
  let answer = await asked(name);
  while (answer.status === 503 && answer.headers.has("Retry-After") && Date.now() < latest) {
    tellWaiting(name);
    const seconds = Math.min(Number(answer.headers.get("Retry-After")) || 5, 30); // it may be a date
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    answer = await asked(name);
    tellWaiting(null);
  }
  if (!answer.ok) throw new LoadError(name, answer.status);
  try {
    return await answer.json();
  } catch {
    throw new LoadError(name, 0); // cut off, or another page in its place
  }
}

async function asked(name) {
  try {
    return await fetch(addressOf(name));
  } catch {
    tellWaiting(null);
    throw new LoadError(name, 0);
  }
}

// A script that was run and handed nothing over (another page in its place, a twin of another file) has failed as well as
// one that is not there: what waits for it is told in any case.
async function byScript(name) {
  const script = document.createElement("script");
  script.src = `${addressOf(name)}.js`;
  let given;
  awaited.set(name, (text) => (given = text));
  await new Promise((resolve) => {
    script.onload = script.onerror = resolve;
    document.head.append(script);
  });
  awaited.delete(name);
  script.remove();
  try {
    return JSON.parse(given);
  } catch {
    throw new LoadError(name, 0);
  }
}
