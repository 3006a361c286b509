// The ground of the release in the page: base units with the very coordinates that the server has, and what a lookup asks
// of them.

import { boxesMeet, geodesicMetres, sideOfRing, stretchAt } from "./geodesy.js";
import { decodeTopology, ringOf } from "../draw/topo.js";

const GRID = 1e7; // coordinates are whole numbers of 1e-7 degree
const GROUND = new WeakMap(); // parsed file -> its units; goes when the page lets go of the file

// The base units of some provinces (entries of map-index.json), in the order of their codes; see decodeGround.
export async function groundOf(provinces, load) {
  const files = await Promise.all(provinces.map(({ kode }) => load(`map-units-${kode}.topojson`)));
  const units = files.flatMap((file) => {
    if (!GROUND.has(file)) GROUND.set(file, decodeGround(file));
    return GROUND.get(file);
  });
  return units.sort((a, b) => (a.kode < b.kode ? -1 : 1));
}

// The base units of a province: {kode, nama, box, polygons: [[outside, hole, ...]]}, a ring {points, box} in degrees: exactly
// the doubles of the release, for a whole number over 1e7 is the double nearest to the decimal.
export function decodeGround(file) {
  const topology = decodeTopology(file);
  const step = topology.scale.map((size) => Math.round(size * GRID));
  const origin = topology.translate.map((degrees) => Math.round(degrees * GRID));
  return topology.objects.dasar.map(({ properties, polygons }) => {
    const rings = polygons.map((polygon) => polygon.map((references) => inDegrees(ringOf(topology, references), step, origin)));
    return { kode: properties.kode, nama: properties.nama, box: around(rings.map(([outside]) => outside.box)), polygons: rings };
  });
}

function inDegrees(ring, step, origin) {
  const points = new Float64Array(ring.length);
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (let at = 0; at < ring.length; at++) {
    const axis = at & 1;
    const value = (origin[axis] + ring[at] * step[axis]) / GRID;
    points[at] = value;
    if (value < box[axis]) box[axis] = value;
    if (value > box[axis + 2]) box[axis + 2] = value;
  }
  return { points, box };
}

function around(boxes) {
  const side = (axis, choose) => boxes.reduce((found, box) => choose(found, box[axis]), boxes[0][axis]);
  return [side(0, Math.min), side(1, Math.min), side(2, Math.max), side(3, Math.max)];
}

// Whether a point lies in a unit or on its border.
export function contains(unit, lon, lat) {
  const point = [lon, lat, lon, lat];
  return boxesMeet(unit.box, point) && unit.polygons.some(([outside, ...holes]) => {
    if (!boxesMeet(outside.box, point)) return false;
    const side = sideOfRing(outside.points, lon, lat);
    if (side <= 0) return side === 0;
    return !holes.some((hole) => boxesMeet(hole.box, point) && sideOfRing(hole.points, lon, lat) > 0);
  });
}

// Metres from a point outside to a unit, as far as it lies in the window (null: all of it); Infinity if it does not.
export function metresTo(unit, lon, lat, window) {
  const stretch = stretchAt(lat);
  const [x, y] = nearestPlace(unit, lon, lat, stretch, window);
  return Number.isFinite(x) ? geodesicMetres(lon, lat, lon + x, lat + y) : Infinity;
}

// The nearest place of a unit's border, in degrees from the point, on a plane whose longitudes are shortened by `stretch`.
export function nearestPlace(unit, lon, lat, stretch, window) {
  const best = { square: Infinity, x: Infinity, y: Infinity };
  for (const ring of unit.polygons.flat()) {
    if (!window || boxesMeet(ring.box, window)) nearestOnRing(ring.points, lon, lat, stretch, best);
  }
  return [best.x / stretch, best.y];
}

function nearestOnRing(points, lon, lat, stretch, best) {
  let bx = (points[0] - lon) * stretch;
  let by = points[1] - lat;
  for (let at = 2; at < points.length; at += 2) {
    const ax = bx;
    const ay = by;
    bx = (points[at] - lon) * stretch;
    by = points[at + 1] - lat;
    const dx = bx - ax;
    const dy = by - ay;
    const along = -(ax * dx + ay * dy) / (dx * dx + dy * dy);
    const x = along <= 0 ? ax : along >= 1 ? bx : ax + along * dx;
    const y = along <= 0 ? ay : along >= 1 ? by : ay + along * dy;
    const square = x * x + y * y;
    if (square < best.square) Object.assign(best, { square, x, y });
  }
}
