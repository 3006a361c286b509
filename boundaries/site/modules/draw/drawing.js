// A topology made ready to be drawn: projected once (spherical Mercator, the world 256 wide), from an origin of its
// own so that single precision, in which browsers draw, is enough at every zoom.
import { inSlices } from "../state/slices.js";
import { sidesOf } from "./topo.js";

const WORLD = 256;

export function worldX(lon) {
  return WORLD * (lon / 360 + 0.5);
}

export function worldY(lat) {
  return WORLD * (0.5 - Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360)) / (2 * Math.PI));
}

export function lonAt(x) {
  return (x / WORLD - 0.5) * 360;
}

export function latAt(y) {
  return (Math.atan(Math.sinh(Math.PI * (1 - (2 * y) / WORLD))) * 180) / Math.PI;
}

// The box [west, south, east, north] in degrees as [left, top, right, bottom] of the world.
export function worldBox([west, south, east, north]) {
  return [worldX(west), worldY(north), worldX(east), worldY(south)];
}

export class Drawing {
  // `features` of one object of `topology`; `kindOf(first, second)` names the line between two features, the second
  // being null at a coast.
  constructor(topology, features, kindOf) {
    this.features = features;
    this.about = topology.about ?? {};
    this.rows = new Map(features.map((feature, at) => [feature.id, at]));
    this.origin = [worldX(topology.translate[0]), worldY(topology.translate[1])];
    this.arcs = projected(topology, features, this.origin);
    this.boxes = features.map((feature) => boxOf(feature, this.arcs));
    this.typical = middleSize(this.boxes);
    this.shapes = new Array(features.length).fill(null);
    this.kinds = kindsOf(topology, features, kindOf);
    this.lines = new Map();
    this.sizes = new Array(features.length).fill(null);
    this.lineSizes = new Map();
  }

  // Make all paths, so that the first picture only has to draw them.
  async prepare() {
    await inSlices(this.features.keys(), (row) => this.shape(row));
    await inSlices(this.kinds.keys(), (kind) => this.line(kind));
  }

  // The Path2D of a feature, from the drawing's origin.
  shape(at) {
    return (this.shapes[at] ??= this.trace(at));
  }

  // The Path2D of all lines of a kind.
  line(kind) {
    if (!this.lines.has(kind)) {
      const path = new Path2D();
      for (const arc of this.kinds.get(kind) ?? []) follow(path, this.arcs[arc]);
      this.lines.set(kind, path);
    }
    return this.lines.get(kind);
  }

  // How many coordinates a feature has, and all lines of a kind: what drawing them takes hangs on it.
  sizeOf(at) {
    return (this.sizes[at] ??= coordinates(this.features[at].polygons.flat(2), this.arcs));
  }

  sizeOfLine(kind) {
    if (!this.lineSizes.has(kind)) this.lineSizes.set(kind, coordinates(this.kinds.get(kind) ?? [], this.arcs));
    return this.lineSizes.get(kind);
  }

  // The rings of a feature as arrays [x, y, ...] from the origin, each closed.
  rings(at) {
    return this.features[at].polygons.flat().map((references) => joined(this.arcs, references));
  }

  // A path that calls moveTo and lineTo on whatever `pen` is; a Path2D by default.
  trace(at, pen = new Path2D()) {
    for (const ring of this.rings(at)) {
      follow(pen, ring);
      pen.closePath();
    }
    return pen;
  }

  // The feature at a place of the world, or -1. `context` is any 2D context with an identity transform.
  at(x, y, context, from = 0) {
    const [left, top] = [x - this.origin[0], y - this.origin[1]];
    for (let row = from; row < this.features.length; row++) {
      const box = this.boxes[row];
      if (left < box[0] || left > box[2] || top < box[1] || top > box[3]) continue;
      if (context.isPointInPath(this.shape(row), left, top, "evenodd")) return row;
    }
    return -1;
  }

  // How far a feature reaches to each side of a place inside it: [width, height] of what is centred there.
  room(at, x, y) {
    const [left, top] = [x - this.origin[0], y - this.origin[1]];
    const reach = [Infinity, Infinity, Infinity, Infinity]; // west, east, north, south
    for (const ring of this.rings(at)) {
      for (let i = 0; i + 3 < ring.length; i += 2) {
        reachAlong(reach, 0, ring[i] - left, ring[i + 1] - top, ring[i + 2] - left, ring[i + 3] - top);
        reachAlong(reach, 2, ring[i + 1] - top, ring[i] - left, ring[i + 3] - top, ring[i + 2] - left);
      }
    }
    return [2 * Math.min(reach[0], reach[1]), 2 * Math.min(reach[2], reach[3])].map((each) =>
      each < Infinity ? each : 0,
    );
  }
}

// Where a segment crosses the axis through the place, keep the nearest crossing before and behind it.
function reachAlong(reach, side, x0, y0, x1, y1) {
  if (y0 > 0 === y1 > 0) return;
  const cut = x0 + ((x1 - x0) * y0) / (y0 - y1);
  if (cut < 0) reach[side] = Math.min(reach[side], -cut);
  else reach[side + 1] = Math.min(reach[side + 1], cut);
}

function coordinates(references, arcs) {
  return references.reduce((sum, each) => sum + arcs[each < 0 ? ~each : each].length, 0);
}

function follow(pen, points) {
  pen.moveTo(points[0], points[1]);
  for (let i = 2; i < points.length; i += 2) pen.lineTo(points[i], points[i + 1]);
}

function projected(topology, features, origin) {
  const used = new Uint8Array(topology.integers.length);
  for (const feature of features) {
    for (const ring of feature.polygons.flat()) for (const each of ring) used[each < 0 ? ~each : each] = 1;
  }
  const [sx, sy] = topology.scale;
  const [tx, ty] = topology.translate;
  return topology.integers.map((arc, at) => {
    if (!used[at]) return null;
    const points = new Float32Array(arc.length);
    for (let i = 0; i < arc.length; i += 2) {
      points[i] = worldX(tx + arc[i] * sx) - origin[0];
      points[i + 1] = worldY(ty + arc[i + 1] * sy) - origin[1];
    }
    return points;
  });
}

function boxOf(feature, arcs) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const polygon of feature.polygons) {
    for (const each of polygon[0]) {
      const arc = arcs[each < 0 ? ~each : each];
      for (let i = 0; i < arc.length; i += 2) {
        if (arc[i] < box[0]) box[0] = arc[i];
        if (arc[i] > box[2]) box[2] = arc[i];
        if (arc[i + 1] < box[1]) box[1] = arc[i + 1];
        if (arc[i + 1] > box[3]) box[3] = arc[i + 1];
      }
    }
  }
  return box;
}

function kindsOf(topology, features, kindOf) {
  const kinds = new Map();
  const [first, second] = sidesOf(topology, features);
  first.forEach((one, arc) => {
    if (one < 0) return;
    const kind = kindOf(features[one], second[arc] < 0 ? null : features[second[arc]]);
    if (!kinds.has(kind)) kinds.set(kind, []);
    kinds.get(kind).push(arc);
  });
  return kinds;
}

// The side of a feature of middle size, in the world: says how crowded a map is at a scale.
function middleSize(boxes) {
  const sides = boxes
    .map(([left, top, right, bottom]) => Math.sqrt((right - left) * (bottom - top)))
    .sort((a, b) => a - b);
  return sides[sides.length >> 1] ?? 0;
}

function joined(arcs, references) {
  let length = 2;
  for (const each of references) length += arcs[each < 0 ? ~each : each].length - 2;
  const ring = new Float32Array(length);
  let end = 0;
  for (const each of references) {
    const arc = arcs[each < 0 ? ~each : each];
    if (each >= 0) ring.set(arc, end);
    else
      for (let i = 0; i < arc.length; i += 2)
        [ring[end + i], ring[end + i + 1]] = [arc[arc.length - 2 - i], arc[arc.length - 1 - i]];
    end += arc.length - 2;
  }
  return ring;
}
