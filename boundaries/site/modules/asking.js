// What a link asks for, and what is asked of the server before the page's large scripts are there. Two scripts have this in
// them, early.js and first.js, whichever comes first: what the one has asked for the other does not ask for again.

import { fragmentOf, planOf } from "./state/fragment.js";

export const { base, maps, scripts } = document.querySelector("script[data-maps]").dataset;
// name of a file -> its content, null where it cannot be had: load.js takes it from here
const asked = (globalThis.dapilAsked ??= new Map());

export function ask(name) {
  if (location.protocol === "file:" || asked.has(name)) return asked.get(name);
  const answer = fetch(base + name)
    .then((found) => (found.ok ? found.json() : null))
    .catch(() => null);
  asked.set(name, answer);
  return answer;
}

// Ask for the file of the province that a link leads to; undefined where it leads to none, or the map must find it first.
export function askProvince({ plan, province, elsewhere }) {
  return province && !elsewhere ? ask(`${plan}-${province}-web.topojson`) : undefined;
}

// What the link asks for, as far as it is plain: {plan, chamber, province, ...}; what is unclear is left to the map.
export function linkOf(hash) {
  const given = fragmentOf(hash);
  const known = Object.fromEntries(maps.split(",").map((each) => [each.split(" ")[0], each.split(" ").slice(1)]));
  const [first = ""] = Object.keys(known);
  const [kab, dapil] = [given.get("kab") ?? "", given.get("dapil") ?? ""];
  const told = given.has("lembaga") ? `${given.get("lembaga")}-${given.get("tahun")}` : first;
  const plan = known[planOf(dapil)] ? planOf(dapil) : told;
  const chamber = plan.replace(/-\d+$/, "");
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
    // where facts lie apart by province (parts.js), those of its own are enough for what is coloured one by one
    part: chamber === "dprd-kabkota" && !ranked(given) ? province : "",
    nobody: chamber === "dprd-kabkota" && Boolean(wanted) && !province, // elected there: no facts are needed
    plain: ["tema", "tampil", "banding"].some((name) => given.has(name)),
    elsewhere: ["unit", "titik"].some((name) => given.has(name)), // the map must find the place first
    given,
    known,
  };
}

// Whether the colours of dapil hang on all of them (`ranksAll` of the themes, as far as it is plain).
function ranked(given) {
  const theme = given.get("tema") ?? "kursi";
  return given.has("banding") || !["kursi", "polos"].includes(theme) || (given.get("tampil") === "kursi" && !given.get("prov"));
}
