// Whether each dapil hangs together by land, and where a plan stands among all lawful ones.
import { groups, largestRemainder, malapportionment, sum } from "./shares.js";

// The dapil in pieces: {dapil, kind, units (base units), pieces, gap (m; null: over half a kilometre), sea (m),
// inherent, doubtful}, as boundaries/research/contiguity.py finds them.
export function breaksOf(council, label, limits) {
  const base = council.dasar;
  const owner = base.map(([, , unit]) => label[unit]);
  const joined = council.darat.filter(([a, b]) => owner[a] === owner[b] && owner[a] >= 0);
  const piece = groups(base.length, joined);
  const found = [];
  const dapil = [...new Set(owner)].filter((each) => each >= 0).sort((a, b) => a - b);
  for (const each of dapil) {
    const parts = partsOf(base, owner, piece, each);
    if (parts.length > 1) found.push(broken(council, each, parts, owner, piece, limits));
  }
  return found;
}

function partsOf(base, owner, piece, dapil) {
  const parts = new Map();
  base.forEach((_, at) => {
    if (owner[at] !== dapil) return;
    if (!parts.has(piece[at])) parts.set(piece[at], []);
    parts.get(piece[at]).push(at);
  });
  const area = (part) => sum(part.map((at) => base[at][3]));
  return [...parts.entries()]
    .sort(([a], [b]) => a - b)
    .map(([, part]) => part)
    .sort((a, b) => area(b) - area(a));
}

function broken(council, dapil, parts, owner, piece, limits) {
  const base = council.dasar;
  const coast = (part) => sum(part.map((at) => base[at][4]));
  const shut = parts.filter((part) => coast(part) < limits.pantai_m);
  const others = shut.filter((part) => part !== parts[0]);
  const apart = others.length ? others : parts.slice(1);
  const units = apart.flat().sort((a, b) => (base[a][0] < base[b][0] ? -1 : 1));
  const within = (part) => new Set(part.map((at) => base[at][2]));
  const inherent = apart.every((part) => {
    const rest = within(parts.filter((each) => each !== part).flat());
    return [...within(part)].some((unit) => rest.has(unit));
  });
  const sea = shut.length ? null : bySea(council, dapil, parts.length, owner, piece);
  const kind = shut.length ? "darat" : sea === null ? "laut-terhalang" : "laut";
  const near = kind === "laut" ? sea : nearest(council, units, parts.flat());
  const doubtful = near !== null && near < limits.celah_ragu_m;
  const gap = kind === "laut" || doubtful ? near : null; // of wider ones not all are in the file
  return { dapil, kind, units, pieces: parts.length, gap, sea, inherent, doubtful };
}

// The longest of the shortest links over the sea that join all pieces; null where they do not.
function bySea(council, dapil, count, owner, piece) {
  const links = council.laut.filter(([a, b]) => owner[a] === dapil && owner[b] === dapil && piece[a] !== piece[b]);
  const places = new Map();
  const place = (at) => {
    if (!places.has(piece[at])) places.set(piece[at], places.size);
    return places.get(piece[at]);
  };
  const held = [];
  for (const [a, b, gap] of links) {
    held.push([place(a), place(b)]);
    if (places.size === count && Math.max(...groups(count, held)) === 0) return gap;
  }
  return null;
}

// The gap between some base units and the rest of their dapil, of those that are narrow.
function nearest(council, units, all) {
  const some = new Set(units);
  const rest = new Set(all.filter((at) => !some.has(at)));
  let best = null;
  for (const each of council.celah) {
    const [a, b, degrees] = each;
    const across = (some.has(a) && rest.has(b)) || (some.has(b) && rest.has(a));
    if (across && (best === null || degrees < best[2])) best = each;
  }
  return best && best[3];
}

// The measures of a plan on the graph that all lawful plans were counted on, by name; null: not known. None at all where
// the plan parts units that stand there as one.
export function measuresOf(council, plan) {
  const graph = council.simpul;
  const label = graph.unit.map((units) => {
    const held = new Set(units.map((unit) => plan.label[unit]));
    return held.size === 1 ? [...held][0] : -1;
  });
  if (label.some((each) => each < 0) || !plan.seats || plan.seats.some((seats) => seats < 1)) return null;
  const count = plan.seats.length;
  const people = new Array(count).fill(0);
  label.forEach((dapil, at) => (people[dapil] += graph.penduduk[at]));
  const cut = graph.sisi.filter(([a, b, border]) => border > 0 && label[a] !== label[b]);
  const land = groups(label.length, graph.sisi.filter(([a, b, border]) => border > 0 && label[a] === label[b]));
  const pieces = Array.from({ length: count }, () => new Set());
  label.forEach((dapil, at) => pieces[dapil].add(land[at]));
  const mean = sum(people) / sum(plan.seats);
  return {
    jumlah_dapil: count,
    selisih_terbesar: Math.max(...people.map((each, at) => Math.abs(each / plan.seats[at] / mean - 1))),
    mal: malapportionment(people, plan.seats),
    rentang_kursi: Math.max(...plan.seats) - Math.min(...plan.seats),
    batas_dalam_km: sum(cut.map(([, , border]) => border)) / 1000,
    sisi_terpotong: cut.length,
    dapil_lewat_laut: pieces.filter((each) => each.size > 1).length,
    penduduk_pindah: movedShare(graph, label, count),
  };
}

function movedShare(graph, label, count) {
  if (!graph.sebelum?.some((old) => old >= 0)) return null;
  const table = new Map();
  let known = 0;
  graph.sebelum.forEach((old, at) => {
    if (old < 0) return;
    if (!table.has(old)) table.set(old, new Array(count).fill(0));
    table.get(old)[label[at]] += graph.penduduk[at];
    known += graph.penduduk[at];
  });
  return 1 - sum([...table.values()].map((row) => Math.max(...row))) / known;
}

// Between which two percentages of all lawful plans a value lies: [at least so many have less, at most so many].
export function placeAmong(count, name, value) {
  const spread = count.sebaran[name];
  if (value === null || spread.some((each) => each === null)) return null;
  const near = (a, b) => Math.abs(a - b) <= 1e-5 * Math.max(1, Math.abs(b)); // the table has single precision
  let [low, high] = [0, 100];
  spread.forEach((edge, at) => {
    if (edge < value && !near(value, edge)) low = Math.max(low, count.persen[at]);
    else high = Math.min(high, count.persen[at]);
  });
  return [low, high];
}

// Whether a plan keeps to what was counted: its seats follow people, each within the bounds, each in one piece by the
// links that the count had.
export function isCounted(council, plan) {
  const measured = measuresOf(council, plan);
  if (!measured) return false;
  const graph = council.simpul;
  const label = graph.unit.map(([unit]) => plan.label[unit]);
  const people = plan.seats.map((_, dapil) => sum(graph.penduduk.filter((_, at) => label[at] === dapil)));
  const due = largestRemainder(people, council.kursi);
  const [low, high] = council.batas;
  const piece = groups(label.length, graph.sisi.filter(([a, b]) => label[a] === label[b]));
  const whole = new Set(label.map((dapil, at) => `${dapil} ${piece[at]}`)).size === plan.seats.length;
  return whole && due.seats.every((seats, at) => seats >= low && seats <= high && (seats === plan.seats[at] || due.tied[at]));
}
