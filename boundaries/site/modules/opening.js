// What runs first, before the page's large scripts are even asked for: a link into a province has its own file at once,
// alone on a slow line, and its picture; then come the scripts, and with them what the first view needs of data.
import { forceColours } from "./draw/palette.js";
import { sketch } from "./draw/sketch.js";

const PATIENCE = 6000; // milliseconds that the scripts wait for the file of the province
const { base, maps, scripts } = document.currentScript.dataset;
const asked = new Map(); // name of a file -> its content, null where it cannot be had: load.js takes it from here
const root = document.documentElement;
globalThis.dapilAsked = asked;

function ask(name) {
  if (location.protocol === "file:" || asked.has(name)) return asked.get(name);
  const answer = fetch(base + name)
    .then((found) => (found.ok ? found.json() : null))
    .catch(() => null);
  asked.set(name, answer);
  return answer;
}

// What the link asks for, as far as it is plain: {plan, chamber, province, ...}; what is unclear is left to the map.
function linkOf(hash) {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const known = Object.fromEntries(maps.split(",").map((each) => [each.split(" ")[0], each.split(" ").slice(1)]));
  const [first = ""] = Object.keys(known);
  const plan = given.has("lembaga") ? `${given.get("lembaga")}-${given.get("tahun")}` : first;
  const chamber = plan.replace(/-\d+$/, "");
  const [kab, dapil] = [given.get("kab") ?? "", given.get("dapil") ?? ""];
  const own = dapil.startsWith(`${plan}-`) ? dapil.slice(plan.length + 1, plan.length + 3) : "";
  const wanted = kab.slice(0, 2) || given.get("prov") || own;
  const province = known[plan]?.includes(wanted) ? wanted : "";
  const place = (given.get("peta") ?? "").split("/").map(Number);
  return {
    plan: known[plan] ? plan : "",
    chamber,
    province,
    kab,
    dapil: own && own === wanted ? dapil : "",
    peta: place.length === 3 && place.every(Number.isFinite) ? place : null,
    plain: ["tema", "tampil", "banding"].some((name) => given.has(name)),
    elsewhere: ["unit", "titik"].some((name) => given.has(name)), // the map must find the place first
    given,
    known,
  };
}

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
  if (link.province && !link.elsewhere && location.protocol !== "file:") {
    const coming = ask(`${link.plan}-${link.province}-web.topojson`);
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
    ask(`map-facts-${link.plan}.json`);
    if (link.given.get("prov") || link.kab) ask("map-kabkota.json");
    if (link.province) return;
    ask(`${link.plan}-overview.topojson`);
    const land = `dpd-${link.plan.slice(-4)}`;
    if (link.chamber.startsWith("dprd") && link.known[land]) ask(`${land}-overview.topojson`);
  });
