// Facts of DPRD kabupaten/kota lie apart by province, too: `parts` of a plan in map-index.json says how many of its rows
// in turn are of which province, [[province, rows], ...]; it is empty where they lie in one file alone.

export function factsFile(plan, province = "") {
  return `map-facts-${plan}${province && `-${province}`}.json`;
}

// Where a row of the whole file stands in those by province: {province, row}; null where there are none.
export function partAt(parts, row) {
  const before = new Map(); // province -> its rows so far
  let start = 0;
  for (const [province, rows] of parts ?? []) {
    const own = before.get(province) ?? 0;
    if (row < start + rows) return { province, row: own + row - start };
    before.set(province, own + rows);
    start += rows;
  }
  return null;
}

// The province of a dapil as its id says it: right for all of today; whoever asks looks whether it is there.
export function provinceIn(id, plan) {
  return id.startsWith(`${plan}-`) ? id.slice(plan.length + 1, plan.length + 3) : "";
}
