// What the release knows, read when it is first needed: facts of a plan, names, comparisons.
import { load, loadAndKeep } from "./load.js";
import { inSlices, pause } from "./slices.js";
import { namesOf, readUnits } from "./units.js";

const factsKept = new Map();
let unitsKept = null;

// The facts of a plan: {id, rows, byId}. A row has the columns by name, the law, doubts and remarks as texts.
export async function factsOf(plan) {
  if (!factsKept.has(plan)) {
    factsKept.set(plan, load(`map-facts-${plan}.json`).then(readFacts));
    factsKept.get(plan).catch(() => factsKept.delete(plan));
  }
  return factsKept.get(plan);
}

async function readFacts({ plan, columns, rows, laws, doubts, notes }) {
  const read = [];
  await pause();
  await inSlices(rows, (row) => {
    const facts = Object.fromEntries(columns.map((name, at) => [name, row[at]]));
    facts.dasar_hukum = laws[facts.dasar_hukum] ?? "";
    facts.ragu = (facts.ragu ?? []).map((at) => doubts[at]);
    facts.catatan = (facts.catatan ?? []).map((at) => notes[at]);
    read.push(facts);
  });
  return { plan, rows: read, byId: new Map(read.map((row) => [row.id, row])) };
}

// Names of every unit, and which dapil each base unit is in.
export function units() {
  if (!unitsKept) {
    unitsKept = loadAndKeep("map-units.json").then(async (json) => {
      await pause();
      return readUnits(json);
    });
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

const lettersKept = new Map();
const desaKept = new Map();

// What units are called besides, and the places abroad: {other, abroad}.
export function otherNames() {
  return loadAndKeep("map-places.json");
}

// The names of desa that have a word beginning with one of some letters, as pairs; letters that the release has none of
// give none.
export async function desaNamed(index, letters) {
  const files = letters.map((letter) => `map-names-${letter}.json`).filter((file) => file in index.files);
  const found = files.map((file) => {
    if (!lettersKept.has(file)) {
      lettersKept.set(file, load(file).then(namesOf));
      lettersKept.get(file).catch(() => lettersKept.delete(file));
    }
    return lettersKept.get(file);
  });
  const names = (await Promise.all(found)).flat();
  for (const [code, name] of names) desaKept.set(code, name);
  return names;
}

// The units of a post code, {post: [[kode, nama], ...]}; none where it is no post code.
export async function unitsOfPost(index, post) {
  const file = `map-post-${post[0]}.json`;
  const units = file in index.files ? (await loadAndKeep(file))[post] : null;
  for (const [code, name] of units ?? []) desaKept.set(code, name);
  return units ? { [post]: units } : {};
}

// The name of a unit, of a desa that was looked for, or of a place abroad; of another desa "".
export async function nameOf(code) {
  const known = (await units()).names.get(code) ?? desaKept.get(code);
  if (known !== undefined || !code.startsWith("99")) return known ?? "";
  return (await otherNames()).abroad.find(([kode]) => kode === code)?.[1] ?? "";
}
