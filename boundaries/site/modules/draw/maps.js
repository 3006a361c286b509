// The maps of the release, ready to be drawn; and what their files and lines are called.
import { Drawing, worldX, worldY } from "./drawing.js";
import { decodeTopology } from "./topo.js";
import { load, loadAndKeep } from "../state/load.js";
import { pause } from "../state/slices.js";
import { holesOf } from "../state/undrawn.js";

const DRAWINGS_KEPT = 14;
const drawingsKept = new Map();

// A map ready to be drawn, from a file of the release; the ones used last are kept. `kindOf` and its `key` change how
// lines are told apart; `filled` says whether its areas will all be drawn, and not some lines alone.
export function drawingOf(file, object, kindOf = lineKind, key = "", filled = !key) {
  const name = `${file}|${object}|${key}`;
  const kept = drawingsKept.get(name);
  if (kept) drawingsKept.delete(name);
  const drawing =
    kept ??
    load(file).then(async (json) => {
      await pause();
      const topology = decodeTopology(json);
      if (!topology.objects[object]) throw new Error(`${file} has no object ${object}`);
      await pause();
      const drawing = new Drawing(topology, topology.objects[object], kindOf);
      await pause();
      if (filled) await drawing.prepare();
      return drawing;
    });
  drawingsKept.set(name, drawing);
  drawing.catch(() => drawingsKept.delete(name));
  while (drawingsKept.size > DRAWINGS_KEPT) drawingsKept.delete(drawingsKept.keys().next().value);
  return drawing;
}

// Whether a map is at hand.
export function isAtHand(file, object) {
  return drawingsKept.has(`${file}|${object}|`);
}

// Lines of a map by what they part and in which province: "coast:32", "dapil:32", "kab:32", "prov:32:33".
export function lineKind(first, second) {
  const [one, other] = [provinceOf(first), second && provinceOf(second)];
  if (!second) return `coast:${one}`;
  if (one !== other) return `prov:${[one, other].sort().join(":")}`;
  const same = first.properties.kode_kabkota === second.properties.kode_kabkota;
  return `${same ? "dapil" : "kab"}:${one}`;
}

export function provinceOf(feature) {
  return feature.properties.kode_provinsi ?? feature.properties.kode?.slice(0, 2) ?? "";
}

// The kecamatan of a province (of divided ones the desa), with the lines between kecamatan as the kind "unit".
export function kecamatanOf(province) {
  const kind = (one, other) => (!other ? "coast" : one.id.slice(0, 8) === other.id.slice(0, 8) ? "desa" : "unit");
  return drawingOf(`map-units-${province}.topojson`, "dasar", kind, "kecamatan", true);
}

// The names of the files of a chamber's map: of the nation, or one province in detail.
export function overviewFile(chamber, year) {
  return `${chamber}-${year}-overview.topojson`;
}

export function provinceFile(chamber, year, province) {
  return `${chamber}-${year}-${province}-web.topojson`;
}

// Ground that land encloses and the base map does not draw, as rings [x, y, ...] of the world.
export async function undrawnRings() {
  const holes = holesOf(await loadAndKeep("map-undrawn.json"));
  return holes.map(({ points }) => [...points].map((value, at) => (at & 1 ? worldY : worldX)(value)));
}
