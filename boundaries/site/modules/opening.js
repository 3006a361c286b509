// What runs first, before the page's large scripts are even asked for: a link into a province has its own file at once,
// alone on a slow line, and its picture; then come the scripts, and with them what the first view needs of data.
import { ask, askProvince, linkOf, scripts } from "./asking.js";
import { forceColours } from "./draw/palette.js";
import { sketch } from "./draw/sketch.js";
import { factsFile } from "./state/parts.js";

const PATIENCE = 6000; // milliseconds that the scripts wait for the file of the province
const root = document.documentElement;

// What another page's frame wants is so from the first picture on.
function frame(given) {
  const framed = given.get("bingkai") === "1";
  root.classList.toggle("framed", framed);
  root.classList.toggle("bare", framed && given.get("daftar") === "0");
  const colours = framed && given.get("warna");
  if (["terang", "gelap"].includes(colours)) forceColours(colours === "gelap");
}

async function draw(link, json) {
  await parsed();
  const map = document.getElementById("map");
  const size = { width: map.clientWidth, height: map.clientHeight };
  if (root.dataset.ready || !size.width) return; // the map was sooner, or is not to be seen
  const canvas = document.createElement("canvas");
  canvas.className = "sketch";
  canvas.setAttribute("aria-hidden", "true");
  if (!sketch(canvas, json, link.chamber, link, size)) return;
  map.after(canvas);
  document.querySelector(".outline")?.remove(); // the nation's, in whose place it comes
  const button = document.getElementById(`lembaga-${link.chamber}`);
  if (button) button.checked = true;
  requestAnimationFrame(() => setTimeout(() => performance.mark("dapil-sketch")));
}

function parsed() {
  if (document.readyState !== "loading") return undefined;
  return new Promise((resolve) => document.addEventListener("DOMContentLoaded", resolve, { once: true }));
}

async function begin() {
  await parsed();
  for (const src of scripts.split(" ")) {
    const script = document.createElement("script");
    document.head.append(Object.assign(script, { src, async: false })); // one after the other
  }
}

async function open() {
  const link = linkOf(location.hash);
  frame(link.given);
  const coming = askProvince(link);
  if (coming) {
    const late = new Promise((resolve) => setTimeout(resolve, PATIENCE, null));
    const json = await Promise.race([coming, late]);
    if (json) await draw(link, json);
  }
  return link;
}

open()
  .catch(() => null) // a picture that cannot be made is not missed: the map comes
  .then(async (link) => {
    await begin();
    ask("map-index.json");
    if (!link?.plan) return;
    if (!link.nobody) ask(factsFile(link.plan, link.part));
    if (link.given.get("prov") || link.kab) ask("map-kabkota.json");
    if (link.province) return;
    ask(`${link.plan}-overview.topojson`);
    const land = `dpd-${link.plan.slice(-4)}`;
    if (link.chamber.startsWith("dprd") && link.known[land]) ask(`${land}-overview.topojson`);
  });
