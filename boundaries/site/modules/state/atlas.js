// What the release knows, read when it is first needed: facts of a plan, names, comparisons.
import { load, loadAndKeep } from "./load.js";
import { readUnits } from "./units.js";

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
