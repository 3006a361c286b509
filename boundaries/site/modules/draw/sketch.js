// The first picture of a province, before the map is there: its dapil from its own file, fitted as the map will fit them.
import { Drawing, latAt, lonAt, worldBox, worldX, worldY } from "./drawing.js";
import { fittedView } from "./fitting.js";
import { lineKind } from "./maps.js";
import { palette, stepOf } from "./palette.js";
import { CanvasPen } from "./pens.js";
import { decodeTopology } from "./topo.js";

// [name of a line's kind, its colour in the palette, pixels], from back to front.
const LINES = [
  ["dapil", "border", 0.8],
  ["kab", "kab", 0.7],
  ["coast", "coast", 0.7],
  ["prov", "strong", 1],
];
const CHOSEN = [
  ["chosenHalo", 5.2],
  ["chosen", 2.2],
];
const [CROWDED, THIN] = [22, 0.45]; // as the map draws lines where dapil are small

// Draw the dapil of `chamber` in a file of a province on a canvas as large as the map. `link`: {kab, dapil, peta, plain}:
// what is looked at, the map's place if the link has one ([zoom, lat, lon]), and whether dapil are not coloured by seats.
// False: the file has nothing of it.
export function sketch(canvas, json, chamber, { kab, dapil, peta, plain }, { width, height }) {
  const topology = decodeTopology(json);
  const drawing = new Drawing(topology, topology.objects[chamber] ?? [], lineKind);
  const looked = (feature) => (dapil ? feature.id === dapil : !kab || feature.properties.kode_kabkota === kab);
  const rows = drawing.features.flatMap((feature, row) => (looked(feature) ? [row] : []));
  const shown = rows.length || dapil ? rows : drawing.features.map((_, row) => row); // a chamber without kabupaten
  if (!shown.length) return false;
  const view = peta ? viewAt(peta, width, height) : fittedView(boxAround(drawing, shown), width, height);
  const ratio = Math.min(window.devicePixelRatio || 1, 2);
  Object.assign(canvas, { width: Math.round(width * ratio), height: Math.round(height * ratio) });
  const pen = new CanvasPen(canvas.getContext("2d"), view, ratio);
  const colours = palette();
  const fill = ({ properties }) =>
    plain || (kab && properties.kode_kabkota && properties.kode_kabkota !== kab)
      ? colours.land
      : colours.fills[chamber][stepOf(properties.kursi)];
  const within = inView(drawing, view);
  const thin = drawing.typical * view.scale < CROWDED ? THIN : 1;
  pen.within(drawing, () => {
    drawing.features.forEach((feature, row) => within(row) && pen.area(drawing, row, fill(feature)));
    for (const [what, colour, wide] of LINES)
      for (const kind of drawing.kinds.keys())
        if (kind.startsWith(`${what}:`)) pen.line(drawing, kind, { colour: colours[colour], width: wide * thin });
    for (const [colour, width] of dapil ? CHOSEN : []) pen.outline(drawing, shown[0], { colour: colours[colour], width });
  });
  return true;
}

// The box of some features in the world, rounded outwards as the boxes of places are (map_index.py, dapil_rows.py).
function boxAround({ boxes, origin: [x, y] }, rows) {
  const side = (at, least) => least(...rows.map((row) => boxes[row][at]));
  const [down, up] = [Math.floor, Math.ceil].map((whole) => (degrees) => whole(degrees * 1000) / 1000);
  const [west, north] = [down(lonAt(side(0, Math.min) + x)), up(latAt(side(1, Math.min) + y))];
  return worldBox([west, down(latAt(side(3, Math.max) + y)), up(lonAt(side(2, Math.max) + x)), north]);
}

// Whether the box of a row meets the view: of a dapil that is looked at all others of its province are outlined for nobody.
function inView({ boxes, origin }, { scale, tx, ty, width, height }) {
  const [left, top] = [-tx / scale - origin[0], -ty / scale - origin[1]];
  const [right, bottom] = [left + width / scale, top + height / scale];
  return (row) => boxes[row][0] <= right && boxes[row][2] >= left && boxes[row][1] <= bottom && boxes[row][3] >= top;
}

function viewAt([zoom, lat, lon], width, height) {
  const scale = 2 ** zoom;
  return { scale, tx: width / 2 - worldX(lon) * scale, ty: height / 2 - worldY(lat) * scale, width, height };
}
