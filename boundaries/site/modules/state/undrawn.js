// Ground that land encloses and the base map does not draw: map-undrawn.json, whose form stands in
// boundaries/exports/mapdata/undrawn_ground.py.

const GRID = 1e7;
const READ = new WeakMap(); // parsed file -> its holes

// The holes: {kode: codes of the units around, points: [lon, lat, ...] in degrees, box}.
export function holesOf(json) {
  if (!READ.has(json)) READ.set(json, json.holes.map(readHole));
  return READ.get(json);
}

function readHole({ kode, ring }) {
  const points = new Float64Array(ring.length);
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  const at = [0, 0];
  ring.forEach((step, place) => {
    const axis = place & 1;
    const value = (at[axis] += step) / GRID;
    points[place] = value;
    box[axis] = Math.min(box[axis], value);
    box[axis + 2] = Math.max(box[axis + 2], value);
  });
  return { kode, points, box };
}
