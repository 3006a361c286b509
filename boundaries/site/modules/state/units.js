// The names of all units and the dapil of each base unit: map-units.json, whose form stands in
// boundaries/exports/mapdata/unit_names.py.

// Read the file. Returns
//   names     Map code -> name, of every level
//   levels    level -> codes in their order
//   base      codes of the base units, those with none below: the desa of divided kecamatan, and every other kecamatan
//   unmapped  Set of codes that plans name and the base map has no polygon of
//   rowOf(plan, code)  the row of a base unit's dapil in map-facts-<plan>.json; -1 where it is in none
//   wrong(kabkota)     how far its lines can be wrong, in metres; undefined where that is not known
//   under(code)        the base units at or below a code of any level
export function readUnits(json) {
  const names = new Map();
  const levels = {};
  for (const [level, { kode, nama }] of Object.entries(json.levels)) {
    levels[level] = kode.flatMap(codesOf);
    levels[level].forEach((code, at) => names.set(code, nama[at]));
  }
  const codes = [...names.keys()].sort(); // by UTF-16 unit, which for digits and dots is the server's order
  const base = codes.filter((code, at) => !codes[at + 1]?.startsWith(`${code}.`));
  const place = new Map(base.map((code, at) => [code, at]));
  const rows = new Map();
  const rowOf = (plan, code) => {
    if (!rows.has(plan)) rows.set(plan, rowsOf(json.plans[plan] ?? [], base.length));
    return rows.get(plan)[place.get(code)] ?? -1;
  };
  const under = (code) => base.filter((each) => each === code || each.startsWith(`${code}.`));
  const wrong = (kabkota) => json.galat_m?.[kabkota];
  return { names, levels, base, unmapped: new Set(json.unmapped), rowOf, under, wrong };
}

// [code, name] of what `coded` in that module wrote.
export function namesOf({ kode, nama }) {
  return kode.flatMap(codesOf).map((code, at) => [code, nama[at]]);
}

function codesOf([parent, ...steps]) {
  const width = parent.length === 8 ? 4 : 2;
  let number = 0;
  return steps.map((step) => {
    number += step;
    const last = String(number).padStart(width, "0");
    return parent ? `${parent}.${last}` : last;
  });
}

function rowsOf(runs, count) {
  const rows = new Int32Array(count).fill(-1);
  let row = 0;
  let end = 0;
  for (let at = 0; at < runs.length; at += 2) {
    row += runs[at];
    rows.fill(row, end, (end += runs[at + 1]));
  }
  return rows;
}
