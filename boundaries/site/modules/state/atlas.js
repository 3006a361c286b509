// What the release knows, read when it is first needed: facts of a plan, names, comparisons.
import { load, loadAndKeep } from "./load.js";
import { factsFile, partAt } from "./parts.js";
import { inSlices, pause } from "./slices.js";
import { namesOf, readUnits } from "./units.js";

const factsKept = new Map(); // name of a file -> what was read of it
let unitsKept = null;

// The facts of a plan: {plan, rows, byId}. A row has the columns by name, the law, doubts and remarks as texts.
export function factsOf(plan) {
  return factsIn(factsFile(plan));
}

function factsIn(file) {
  if (!factsKept.has(file)) {
    factsKept.set(file, load(file).then(readFacts));
    factsKept.get(file).catch(() => factsKept.delete(file));
  }
  return factsKept.get(file);
}

// The same of the dapil of some provinces, and `within`: those. Where they do not lie apart, where all are at hand or a
// part cannot be had (without a network the whole is kept), those of all dapil, without `within`.
export async function factsWithin(index, plan, provinces) {
  const apart = new Set(index.plans[plan]?.parts?.map(([province]) => province));
  if (!apart.size || factsKept.has(factsFile(plan))) return factsOf(plan);
  const wanted = [...new Set(provinces)].filter((province) => apart.has(province));
  try {
    const parts = await Promise.all(wanted.map((province) => factsIn(factsFile(plan, province))));
    const rows = parts.flatMap((part) => part.rows);
    return { plan, rows, byId: new Map(rows.map((row) => [row.id, row])), within: provinces };
  } catch {
    return factsOf(plan);
  }
}

// The facts of some dapil by their rows in the whole file, without the whole where it is not at hand.
export async function dapilAt(index, plan, rows) {
  const places = rows.map((row) => partAt(index.plans[plan]?.parts, row));
  const whole = () => factsOf(plan).then((facts) => rows.map((row) => facts.rows[row]));
  if (!places.every(Boolean) || factsKept.has(factsFile(plan))) return whole();
  try {
    return await Promise.all(
      places.map(async ({ province, row }) => (await factsIn(factsFile(plan, province))).rows[row]),
    );
  } catch {
    return whole();
  }
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
