// From what is asked (address.js) and what is known (atlas.js) to what is painted (paint.js).
import { drawingOf, isAtHand, lineKind, overviewFile, provinceFile, provinceOf } from "./maps.js";
import { worldBox, worldX, worldY } from "./drawing.js";
import { inkOn, movedColour, palette, stepOf } from "./palette.js";
import { paintOf } from "./scales.js";
import { labelText, themePaint } from "./themetext.js";
import { unitRow } from "../state/results.js";
import { themeOf } from "../state/themes.js";
import { layDiscs, layDiscsInSlices } from "./seats.js";
import { language, nice, number } from "../state/words.js";

const DETAIL_ZOOM = 7.25; // from here on provinces in view are drawn from their own files
const DETAILS = 4; // at once, besides the chosen one

// Names of the files that the view of a state needs before anything can be drawn.
export function groundFiles(index, state) {
  const files = [];
  if (drawn(index, state.lembaga, state.tahun)) files.push([overviewFile(state.lembaga, state.tahun), state.lembaga]);
  if (!files.length || state.lembaga.startsWith("dprd")) files.push(...landFile(index, state.tahun));
  if (state.banding) files.push([overviewFile(state.lembaga, state.banding), state.lembaga]);
  return files;
}

// The province whose own file is picture enough until the nation is there: the one that is looked at, or that of the
// dapil; "" where the nation is at hand already, or is asked for, or where the province elects nobody.
export function provinceFirst({ index, facts }, state) {
  if (state.banding || !drawn(index, state.lembaga, state.tahun)) return "";
  if (isAtHand(overviewFile(state.lembaga, state.tahun), state.lembaga)) return "";
  const province = state.prov || facts.byId.get(state.dapil)?.kode_provinsi;
  return province && facts.rows.some((row) => row.kode_provinsi === province) ? province : "";
}

export function drawn(index, chamber, year) {
  return Boolean(index.plans[`${chamber}-${year}`]?.composed);
}

// A map that covers all land: the provinces of that year's DPD, or of the newest that there is.
function landFile(index, year) {
  const years = [year, ...index.years];
  for (const chamber of ["dpd", "dpr"]) {
    const found = years.find((each) => drawn(index, chamber, each));
    if (found) return [[overviewFile(chamber, found), chamber]];
  }
  const [plan] = Object.keys(index.plans).filter((each) => index.plans[each].composed);
  if (!plan) return []; // a base map on which no dapil is whole
  const chamber = plan.replace(/-\d+$/, "");
  return [[overviewFile(chamber, Number(plan.slice(chamber.length + 1))), chamber]];
}

// Provinces whose own files should be drawn for what the map shows.
export function wantedDetails({ index, facts }, state, zoom, [west, south, east, north]) {
  if (!facts || !drawn(index, state.lembaga, state.tahun)) return [];
  const elects = electing(index, facts);
  const wanted = elects.has(state.prov) ? [state.prov] : [];
  if (zoom < DETAIL_ZOOM) return wanted;
  const centre = [(west + east) / 2, (south + north) / 2];
  const near = index.provinces
    .filter(
      ({ kode, bbox: [w, s, e, n] }) =>
        kode !== state.prov && elects.has(kode) && w < east && e > west && s < north && n > south,
    )
    .map(({ kode, bbox: [w, s, e, n] }) => [Math.hypot((w + e) / 2 - centre[0], (s + n) / 2 - centre[1]), kode])
    .sort(([one], [other]) => one - other);
  return [...wanted, ...near.slice(0, DETAILS).map(([, kode]) => kode)];
}

// The provinces that a plan has dapil in, also where the facts of some alone are at hand.
function electing(index, { plan, rows }) {
  const { parts } = index.plans[plan];
  return new Set(parts?.length ? parts.map(([province]) => province) : rows.map((row) => row.kode_provinsi));
}

export function detailOf(state, province) {
  return drawingOf(provinceFile(state.lembaga, state.tahun, province), state.lembaga);
}

// The drawing of the older election in a comparison; its inner lines around what changed are of the kind "old".
export function olderDrawing(state, comparison, province = "") {
  const { lembaga, banding } = state;
  const changed = changedOld(comparison);
  const file = province ? provinceFile(lembaga, banding, province) : overviewFile(lembaga, banding);
  const kind = (one, other) =>
    other && (changed.has(one.id) || changed.has(other.id)) ? `old:${provinceOf(one)}` : lineKind(one, other);
  return drawingOf(file, lembaga, kind, `old ${state.tahun}`);
}

// The provinces, as they were, whose dapil lay on the ground of a province of today.
export function olderProvinces({ comparison, olderFacts, facts }, province) {
  const ids = comparison.dapil
    .filter(({ id }) => facts.byId.get(id)?.kode_provinsi === province)
    .flatMap(({ matches }) => matches.map(([id]) => id));
  return [...new Set(ids.map((id) => olderFacts.byId.get(id)?.kode_provinsi).filter(Boolean))];
}

function changedOld({ dapil, gone }) {
  const ids = dapil.filter((each) => !each.same_ground).flatMap((each) => each.matches.map(([id]) => id));
  return new Set([...ids, ...gone.map((each) => each.id)]);
}

// Build the scene. `known`: {index, facts, overview, land, details: Map(province → Drawing), comparison, older,
// olderDetails, moved, place}; what is not there yet is simply not drawn.
export function sceneOf(state, known, { dark, bare = false } = {}) {
  const colours = palette(dark);
  const scene = { colours, bare, undrawn: known.undrawn ?? [], sheets: [], marks: [], labels: [], bubbles: null, point: null };
  const look = lookOf(state, known, colours, dark);
  if (known.land) scene.sheets.push(landSheet(known, colours));
  if (known.overview) scene.sheets.push(sheetOf(known.overview, state, look, known.details));
  for (const detail of known.details.values()) scene.sheets.push(sheetOf(detail, state, look, null));
  if (known.unitVotes && known.units) addKecamatan(scene, state, known, dark);
  if (state.banding && known.comparison) addComparison(scene, state, known);
  addMarks(scene, state, known);
  if (state.tampil === "kursi" && known.facts) scene.bubbles = bubblesOf(state, known, colours, look);
  else if (known.facts) scene.labels = labelsOf(state, known, look, colours);
  return scene;
}

// How features are filled: a function of a feature's facts.
function lookOf(state, known, colours, dark) {
  const theme = themeOf(state);
  const fills = colours.fills[state.lembaga];
  const changed = new Set((known.comparison?.dapil ?? []).filter((each) => !each.same_ground).map((each) => each.id));
  const colourOf = (feature) => {
    if (!inFocus(state, feature.properties) || state.tampil === "kursi") return colours.land;
    if (state.banding) return changed.has(feature.id) ? fills[1] : colours.land;
    const facts = theme.kind !== "seats" && known.facts?.byId.get(feature.id);
    return facts ? valueColour(facts) : fills[stepOf(feature.properties.kursi)];
  };
  const paint = theme.kind === "seats" || !known.facts || state.banding ? null : paintOf(state, known, known.facts.rows, dark);
  const valueColour = (row) => (theme.kind === "plain" ? fills[1] : (paint?.colour(row) ?? colours.land));
  const said = (row) => (paint ? labelText(paint, known, row) : number(row.kursi));
  return { colours, colourOf, paint, valueColour, said: known.unitVotes ? () => "" : said };
}

// Whether a dapil belongs to the province or kabupaten that is looked at.
export function inFocus(state, { kode_provinsi, kode_kabkota }) {
  if (state.prov && kode_provinsi !== state.prov) return false;
  return !(state.kab && kode_kabkota && kode_kabkota !== state.kab);
}

function landSheet({ land, overview, details }, colours) {
  const lines = [];
  for (const kind of land.kinds.keys()) {
    const [what, ...provinces] = kind.split(":");
    if (provinces.some((each) => details.has(each))) continue;
    if (what === "coast" && overview) continue; // the chamber's own coast is drawn, and a little off this one
    lines.push([
      kind,
      { colour: what === "prov" ? colours.strong : colours.coast, width: what === "prov" ? 0.8 : 0.7 },
    ]);
  }
  return { drawing: land, fill: (row) => (details.has(provinceOf(land.features[row])) ? null : colours.land), lines };
}

const THIN = 0.45; // of the width of a line, where features are small on the screen
const WIDTHS = { coast: 0.7, prov: 1, kab: 0.7, dapil: 0.8 };

// `details`: provinces that are drawn from their own files, left out here.
function sheetOf(drawing, state, { colours, colourOf }, details) {
  const lines = [];
  const order = ["dapil", "kab", "coast", "prov"];
  const kinds = [...drawing.kinds.keys()].sort(
    (a, b) => order.indexOf(a.split(":")[0]) - order.indexOf(b.split(":")[0]),
  );
  for (const kind of kinds) {
    const [what, ...provinces] = kind.split(":");
    if (details && provinces.some((each) => details.has(each))) continue;
    const away = state.prov && !provinces.includes(state.prov);
    const faint = away || state.tampil === "kursi";
    if (faint && (what === "dapil" || what === "kab")) continue;
    const border = state.banding ? colours.strong : colours.border;
    const colour = { coast: colours.coast, prov: colours.strong, kab: colours.kab, dapil: border }[what];
    const width = faint ? 0.6 : WIDTHS[what];
    lines.push([kind, { colour: faint ? colours.coast : colour, width, thin: { width: width * THIN } }]);
  }
  const fill = (row) => {
    const feature = drawing.features[row];
    return details?.has(provinceOf(feature)) ? null : colourOf(feature);
  };
  return { drawing, fill, lines };
}

// Kecamatan over the dapil of the province, and the lines of the dapil over them.
function addKecamatan(scene, state, known, dark) {
  const { colours } = scene;
  const paint = themePaint(state, known, dark);
  const elects = (code) => !state.kab || code.startsWith(state.kab);
  const fill = (row) => {
    const { id } = known.units.features[row];
    const votes = unitRow(known.unitVotes, id);
    return elects(id) ? ((votes && paint.colour(votes)) ?? colours.land) : colours.land;
  };
  const border = { colour: colours.border, width: 0.5, thin: { width: 0.25 } };
  scene.sheets.push({ drawing: known.units, fill, lines: [["unit", border]] });
  const own = known.details.get(state.prov);
  if (!own) return;
  const kinds = [...own.kinds.keys()].filter((kind) => /^(dapil|kab):/.test(kind));
  const line = { colour: colours.strong, width: 1.3, thin: { width: 0.8 } };
  scene.sheets.push({ drawing: own, fill: () => null, lines: kinds.map((kind) => [kind, line]) });
}

function addComparison(scene, state, known) {
  const { colours } = scene;
  const halo = { colour: colours.oldHalo, width: 4.2, thin: { width: 1.6 } };
  const line = { colour: colours.old, width: 2, dash: [6, 3.5], thin: { width: 0.9, dash: [3, 1.5] } };
  if (known.moved) {
    const { drawing, codes } = known.moved;
    const fill = (row) => (codes.has(drawing.features[row].id) ? movedColour(colours, state.lembaga) : null);
    scene.sheets.push({ drawing, fill, lines: [] });
  }
  const fresh = known.moved && known.details.get(state.prov);
  if (fresh) {
    const kinds = [...fresh.kinds.keys()].filter((kind) => /^(dapil|kab):/.test(kind));
    scene.sheets.push({
      drawing: fresh,
      fill: () => null,
      lines: kinds.map((kind) => [kind, { colour: colours.strong, width: 0.9 }]),
    });
  }
  const within = state.prov ? olderProvinces(known, state.prov) : null;
  const drawings = [...known.olderDetails].map(([, drawing]) => [drawing, null]);
  if (known.older) drawings.unshift([known.older, known.olderDetails]);
  for (const [drawing, details] of drawings) {
    const kinds = [...drawing.kinds.keys()].filter((kind) => {
      const [what, province] = kind.split(":");
      return what === "old" && !details?.has(province) && (!within || within.includes(province));
    });
    scene.sheets.push({
      drawing,
      fill: () => null,
      lines: [...kinds.map((kind) => [kind, halo]), ...kinds.map((kind) => [kind, line])],
    });
  }
}

// Where a dapil is drawn: the finest drawing that has it.
export function drawnAt(known, id) {
  for (const drawing of [...known.details.values(), known.overview]) {
    if (drawing?.rows.has(id)) return { drawing, row: drawing.rows.get(id) };
  }
  return null;
}

function addMarks(scene, state, known) {
  const { colours } = scene;
  const add = (found, width) => {
    scene.marks.push({ ...found, line: { colour: colours.chosenHalo, width: width + 3 } });
    scene.marks.push({ ...found, line: { colour: colours.chosen, width } });
  };
  const chosen = state.dapil && drawnAt(known, state.dapil);
  if (chosen) add(chosen, 2.2);
  if (known.place?.edge) {
    const { drawing } = known.place.edge;
    scene.sheets.push({
      drawing,
      fill: (row) => (known.place.edge.codes.has(drawing.features[row].id) ? `${colours.chosen}1f` : null),
      lines: [
        ["edge", { colour: colours.chosenHalo, width: 4.6 }],
        ["edge", { colour: colours.chosen, width: 1.8 }],
      ],
    });
  }
  if (known.place?.point) {
    const { lon, lat, accuracy = 0 } = known.place.point;
    const perMetre = 256 / (40_075_017 * Math.cos((lat * Math.PI) / 180));
    scene.point = { x: worldX(lon), y: worldY(lat), radius: accuracy * perMetre };
  }
}

function labelsOf(state, known, { colourOf, said }, colours) {
  const focus = known.facts.rows.filter((row) => row.label && inFocus(state, row));
  const labels = focus.map((facts) => {
    const found = drawnAt(known, facts.id);
    if (!found) return null;
    const { drawing, row } = found;
    const [x, y] = [worldX(facts.label[0]), worldY(facts.label[1])];
    const colour = colourOf(drawing.features[row]);
    const ink = known.unitVotes ? colours.ink : inkOn(colour);
    let room = null;
    return {
      x,
      y,
      text: nice(facts.nama_dapil),
      seats: said(facts),
      ink,
      halo: known.unitVotes ? colours.halo : colour,
      box: [drawing.boxes[row][2] - drawing.boxes[row][0], drawing.boxes[row][3] - drawing.boxes[row][1]],
      get room() {
        return (room ??= drawing.room(row, x, y));
      },
    };
  });
  return labels.filter(Boolean).sort((one, other) => other.box[0] * other.box[1] - one.box[0] * one.box[1]);
}

const discsKept = { key: "", discs: [] };

function discsOf(state, known) {
  const rows = known.facts.rows.filter((row) => row.label && inFocus(state, row));
  const key = [known.facts.plan, state.prov, state.kab, language()].join();
  const places = () => rows.map(({ label, kursi }) => ({ x: worldX(label[0]), y: worldY(label[1]), seats: kursi }));
  return { rows, key, places, frame: worldBox(focusBox(state, known)) };
}

// Lay the discs of a seat view out before it is drawn.
export async function prepareDiscs(state, known) {
  const { key, places, frame } = discsOf(state, known);
  if (discsKept.key !== key) Object.assign(discsKept, { discs: await layDiscsInSlices(places(), frame), key });
}

function bubblesOf(state, known, colours, { paint, valueColour }) {
  const { rows, key, places, frame } = discsOf(state, known);
  if (discsKept.key !== key) Object.assign(discsKept, { key, discs: layDiscs(places(), frame) });
  const plain = { dot: colours.dots[state.lembaga], disc: colours.fills[state.lembaga][0] };
  return discsKept.discs.map((each, at) => ({
    ...each,
    id: rows[at].id,
    name: nice(rows[at].nama_dapil),
    chosen: rows[at].id === state.dapil,
    colour: paint ? themeDisc(paint, rows[at], valueColour, colours) : plain,
    colours: paint?.theme.kind === "dots" ? seatColours(paint, known, rows[at]) : null,
  }));
}

// A disc in a theme's colour, dots in the ink that is read on it; of seats by party, on the ground's colour.
function themeDisc(paint, row, valueColour, colours) {
  const colour = valueColour(row);
  if (paint.theme.kind === "dots") return { dot: colour, disc: colours.paper };
  return { dot: inkOn(colour), disc: colour, fine: colour };
}

// The colour of each seat of a dapil, parties by how many they have.
function seatColours({ shades }, known, row) {
  const won = known.results?.byCode.get(row.kode_dapil)?.kursi ?? [];
  const order = won.map((count, at) => [count ?? 0, at]).sort(([one, a], [other, b]) => other - one || a - b);
  return order.flatMap(([count, at]) => Array.from({ length: count }, () => shades[at]));
}

// The box in degrees of the place that is looked at.
export function focusBox(state, known) {
  if (state.kab && known.kabkota) {
    const found = known.kabkota.find(([kode]) => kode === state.kab);
    if (found) return found[2];
  }
  return known.index.provinces.find(({ kode }) => kode === state.prov)?.bbox ?? known.index.bbox;
}
