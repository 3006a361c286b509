// The seat view: every dapil as a disc as large as its seats, near its own ground, none over another.
import { inSlices } from "../state/slices.js";

const ROUNDS = 120;
const ROW = 1e6; // cells, more than any grid has in a column
const NONE = [];
const SHARE = 0.15; // of the frame that discs cover

// Lay discs out. `places`: [{x, y, seats}] in the world; `frame`: [left, top, right, bottom] of what is shown.
// Returns [{x, y, radius, dot, dots}] in the same order. The same places give the same discs.
export function layDiscs(places, frame) {
  const discs = discsAt(places, frame);
  for (const _ of rounds(discs));
  return withDots(discs, places);
}

// The same in slices: thousands of discs take a while.
export async function layDiscsInSlices(places, frame) {
  const discs = discsAt(places, frame);
  await inSlices(rounds(discs), () => {});
  return withDots(discs, places);
}

function discsAt(places, frame) {
  const [width, height] = [frame[2] - frame[0], frame[3] - frame[1]];
  const seats = places.reduce((sum, each) => sum + each.seats, 0) || 1;
  const perSeat = (SHARE * width * height) / seats / Math.PI;
  return places.map(({ x, y, seats: own }) => ({ x, y, radius: Math.sqrt(own * perSeat), home: [x, y] }));
}

function* rounds(discs) {
  for (let round = 0; round < ROUNDS; round++) {
    if (!pushApart(discs)) break;
    if (round < ROUNDS * 0.7) pullHome(discs, 0.04);
    yield;
  }
}

function withDots(discs, places) {
  return discs.map((disc, at) => ({ ...disc, ...dotsOf(places[at].seats, disc.radius) }));
}

// Push overlapping discs apart by half of what they overlap each; only neighbours in a grid are looked at.
function pushApart(discs) {
  const cell = 2 * Math.max(...discs.map((disc) => disc.radius)) || 1;
  const grid = new Map();
  discs.forEach((disc, at) => {
    const key = Math.floor(disc.x / cell) * ROW + Math.floor(disc.y / cell);
    if (!grid.has(key)) grid.set(key, []);
    grid.get(key).push(at);
  });
  let moved = false;
  discs.forEach((one, at) => {
    const [column, row] = [Math.floor(one.x / cell), Math.floor(one.y / cell)];
    for (let dx = -1; dx <= 1; dx++) {
      for (let dy = -1; dy <= 1; dy++) {
        for (const other of grid.get((column + dx) * ROW + row + dy) ?? NONE) {
          if (other > at && parted(one, discs[other], at)) moved = true;
        }
      }
    }
  });
  return moved;
}

function parted(one, other, at) {
  let [dx, dy] = [other.x - one.x, other.y - one.y];
  let apart = Math.hypot(dx, dy);
  const wanted = (one.radius + other.radius) * 1.06;
  if (apart >= wanted * 0.995) return false;
  if (apart < 1e-9) [dx, dy, apart] = [Math.cos(at), Math.sin(at), 1];
  const step = (wanted - Math.min(apart, wanted)) / 2;
  const share = other.radius / (one.radius + other.radius);
  one.x -= (dx / apart) * step * 2 * share;
  one.y -= (dy / apart) * step * 2 * share;
  other.x += (dx / apart) * step * 2 * (1 - share);
  other.y += (dy / apart) * step * 2 * (1 - share);
  return true;
}

function pullHome(discs, share) {
  for (const disc of discs) {
    disc.x += (disc.home[0] - disc.x) * share;
    disc.y += (disc.home[1] - disc.y) * share;
  }
}

// How many dots stand on each ring, from the middle outwards.
const RINGS = [[], [1], [2], [3], [4], [5], [1, 5], [1, 6], [1, 7], [2, 7], [3, 7], [3, 8], [3, 9]];
const DOT = 0.5; // radius of a dot, of the radius of a disc of one seat

// Places of `count` dots in a disc, from its middle. A dot is as large in every disc.
function dotsOf(count, radius) {
  const dot = (radius / Math.sqrt(count)) * DOT;
  const rings = RINGS[count] ?? ringsOf(count);
  const step = dot * 2.45;
  const first = rings[0] === 1 ? 0 : rings.length === 1 ? radius - dot * 1.75 : dot * (rings[0] === 2 ? 1.25 : 1.5);
  const dots = rings.flatMap((many, ring) => {
    const out = many === 1 && ring === 0 ? 0 : Math.min(radius - dot * 1.4, first + step * ring);
    return Array.from({ length: many }, (_, at) => turned(out, (at / many) * 2 * Math.PI - Math.PI / 2));
  });
  return { dots, dot };
}

function turned(out, angle) {
  return [out * Math.cos(angle), out * Math.sin(angle)];
}

// For more seats than any law gives: rings of six more each.
function ringsOf(count) {
  const rings = [1];
  let left = count - 1;
  for (let many = 6; left > 0; many += 6) {
    rings.push(Math.min(many, left));
    left -= many;
  }
  return rings;
}
