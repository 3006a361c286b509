// What the release holds, read when it is first needed: facts of a plan, maps, names, comparisons.
import { Drawing } from "../draw/drawing.js";
import { load, loadAndKeep } from "./load.js";
import { decodeTopology } from "../draw/topo.js";
import { readUnits } from "./units.js";

const DRAWINGS_KEPT = 14;
const drawingsKept = new Map();
const factsKept = new Map();
let unitsKept = null;

// The facts of a plan: {id, rows, byId}. A row has the columns by name, the law as text and doubts as texts.
export async function factsOf(plan) {
  if (!factsKept.has(plan)) {
    factsKept.set(plan, load(`map-facts-${plan}.json`).then(readFacts));
    factsKept.get(plan).catch(() => factsKept.delete(plan));
  }
  return factsKept.get(plan);
}

function readFacts({ plan, columns, rows, laws, doubts }) {
  const read = rows.map((row) => {
    const facts = Object.fromEntries(columns.map((name, at) => [name, row[at]]));
    facts.dasar_hukum = laws[facts.dasar_hukum] ?? "";
    facts.ragu = (facts.ragu ?? []).map((at) => doubts[at]);
    return facts;
  });
  return { plan, rows: read, byId: new Map(read.map((row) => [row.id, row])) };
}

// Names of every unit, and which dapil each base unit is in.
export function units() {
  if (!unitsKept) {
    unitsKept = loadAndKeep("map-units.json").then(readUnits);
    unitsKept.catch(() => (unitsKept = null));
  }
  return unitsKept;
}

// [kode, nama, [w, s, e, n]] of every kabupaten and kota.
export async function kabkotaOf(province) {
  const { kabkota } = await loadAndKeep("map-kabkota.json");
  return kabkota.filter(([kode]) => kode.startsWith(`${province}.`));
}

export function comparisonOf(chamber, from, to) {
  return loadAndKeep(`map-compare-${chamber}-${from}-${to}.json`);
}

// A map ready to be drawn, from a file of the release; the ones used last are kept. `kindOf` and its `key` change how
// lines are told apart.
export function drawingOf(file, object, kindOf = lineKind, key = "") {
  const name = `${file}|${object}|${key}`;
  const kept = drawingsKept.get(name);
  if (kept) drawingsKept.delete(name);
  const drawing =
    kept ??
    load(file).then((json) => {
      const topology = decodeTopology(json);
      if (!topology.objects[object]) throw new Error(`${file} has no object ${object}`);
      return new Drawing(topology, topology.objects[object], kindOf);
    });
  drawingsKept.set(name, drawing);
  drawing.catch(() => drawingsKept.delete(name));
  while (drawingsKept.size > DRAWINGS_KEPT) drawingsKept.delete(drawingsKept.keys().next().value);
  return drawing;
}

// Lines of a map by what they part and in which province: "coast:32", "dapil:32", "kab:32", "prov:32:33".
export function lineKind(first, second) {
  const [one, other] = [provinceOf(first), second && provinceOf(second)];
  if (!second) return `coast:${one}`;
  if (one !== other) return `prov:${[one, other].sort().join(":")}`;
  const same = first.properties.kode_kabkota === second.properties.kode_kabkota;
  return `${same ? "dapil" : "kab"}:${one}`;
}

export function provinceOf(feature) {
  return feature.properties.kode_provinsi ?? feature.properties.kode?.slice(0, 2) ?? "";
}

// The names of the files of a chamber's map: of the nation, or one province in detail.
export function overviewFile(chamber, year) {
  return `${chamber}-${year}-overview.topojson`;
}

export function provinceFile(chamber, year, province) {
  return `${chamber}-${year}-${province}-web.topojson`;
}
