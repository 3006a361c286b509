// Which dapil is at a point, answered in the page: the rules of boundaries/release/lookup.py, step for step, on the same
// doubles. What is fetched is a file per province; the position itself goes nowhere.

import { boxesMeet, sideOfRing, windowAround } from "./geodesy.js";
import { contains, groundOf, metresTo, nearestPlace } from "./ground.js";
import { holesOf } from "../state/undrawn.js";
import { noneAbroad, NOT_HERE, planInForce, remarksOn } from "./special.js";
import { factsFile, partAt } from "../state/parts.js";
import { readUnits } from "../state/units.js";

export const LOOKUP_CHAMBERS = ["dpr", "dpd", "dprd-provinsi", "dprd-kabkota"];
// How far off the coast a point still belongs to the nearest unit, and what is near a border, in metres.
export const REACH_M = 5000;
export const BORDER_M = 50;
const FAR_M = 200000; // beyond this the nearest unit is the nearest as seen in degrees
const SLACK = 1.02; // a window is a little wider than what is looked for in it
const LONGITUDES = [90, 145]; // of Indonesia; they do not overlap the latitudes, so a swapped pair shows
const LATITUDES = [-15, 10];

// A point or year that cannot be asked about. `code`: not-finite, out-of-range, swapped, year; `parameter`: lon, lat, year.
export class LookupError extends Error {
  constructor(code, parameter, message, allowed = []) {
    super(message);
    this.name = "LookupError";
    Object.assign(this, { code, parameter, allowed });
  }
}

// The dapil of every chamber at a point (degrees, WGS 84) in `year` (null: the latest). `load(name)` gives a parsed data file.
//
// Resolves to {lon, lat, year, unit, desa, kecamatan, kabkota, provinsi, on_land, distance_m, neighbours, dapil}: units as
// {kode, nama} (null where the base map has nothing so fine, or nothing that a plan tells apart), neighbours [{kode, nama, m}]
// within 50 m of the border, wrong_m how far lines can be wrong there, undrawn whether the point lies on ground that land
// encloses and the base map does not draw, dapil chamber -> {id, row, reason, may}: row of map-facts-<chamber>-<year>, or id
// null and the reason {code, id, en}; may: rows of other dapil as near as lines can be wrong. `remarks`: what is otherwise
// there than a voter may expect, [{id, en}]. Over 5 km off any land: {unit: null, too_far: true, distance_m, nearest}, and where
// voters abroad have a dapil `dapil` and `remarks`. Throws LookupError; what `load` throws goes on.
export async function lookup(lon, lat, year, load) {
  checkPoint(lon, lat);
  const index = await load("map-index.json");
  const chosen = chosenYear(index, year);
  const place = await placeOf(lon, lat, index, load);
  const hole = place.on_land ? null : await holeAt(lon, lat, load);
  if (!place.unit && !hole) return { lon, lat, year: chosen, ...place, ...(await abroadOf(chosen, index, load)) };
  const units = await unitsFrom(load);
  const unit = place.unit ?? { kode: place.nearest.kode, nama: place.nearest.nama };
  const own = unit.kode;
  const wrong = units.wrong(own.slice(0, 5)) ?? BORDER_M;
  const around = new Set(hole?.kode);
  if (place.unit) for (const code of await nearCodes(place, lon, lat, wrong, index, load)) around.add(code);
  const dapil = await dapilOf(own, around, chosen, index, units, load);
  const named = (length) => (own.length < length ? null : { kode: own.slice(0, length), nama: nameOf(units, own.slice(0, length)) });
  return {
    lon,
    lat,
    year: chosen,
    ...place,
    unit,
    on_land: Boolean(place.on_land),
    too_far: false,
    neighbours: place.neighbours ?? [],
    wrong_m: wrong,
    undrawn: Boolean(hole),
    desa: own.length > 8 ? unit : null,
    kecamatan: named(8),
    kabkota: named(5),
    provinsi: named(2),
    dapil,
    remarks: remarksOn(own, chosen, provincesOf(dapil, units)),
  };
}

function checkPoint(lon, lat) {
  const within = ([least, most], value) => least <= value && value <= most;
  const swapped = within(LATITUDES, lon) && within(LONGITUDES, lat);
  const mend = swapped ? `; lon and lat look swapped: try lon=${lat}, lat=${lon}` : "";
  for (const [name, value, most] of [["lat", lat, 90], ["lon", lon, 180]]) {
    if (!Number.isFinite(value)) throw new LookupError("not-finite", name, `${name} must be a finite number, not ${value}`);
    if (Math.abs(value) > most) {
      throw new LookupError(swapped ? "swapped" : "out-of-range", name, `${name}=${value} is not within -${most}..${most}${mend}`);
    }
  }
  if (swapped) throw new LookupError("swapped", "lon", `lon=${lon}, lat=${lat} is nowhere near Indonesia${mend}`);
}

function chosenYear(index, year) {
  const composed = Object.values(index.plans).filter((plan) => plan.composed);
  const years = [...new Set(composed.map((plan) => plan.tahun))].sort((a, b) => a - b);
  if (year === null || year === undefined) return years.at(-1);
  if (years.includes(Number(year))) return Number(year);
  throw new LookupError("year", "year", `no plan of ${year} in this release; there are ${years.join(", ")}`, years);
}

// --- the place ---------------------------------------------------------------------------------------

async function placeOf(lon, lat, index, load) {
  const close = await within(lon, lat, BORDER_M, index, load);
  const under = close.find(({ inside }) => inside);
  if (under) return answer(lon, lat, under, close);
  const near = await within(lon, lat, REACH_M, index, load);
  if (!near.length) return tooFar(lon, lat, index, load);
  return answer(lon, lat, nearestOf(near), near);
}

function answer(lon, lat, chosen, near) {
  const beside = near.filter((each) => each !== chosen && each.metres <= chosen.metres + BORDER_M);
  beside.sort((a, b) => a.metres - b.metres || (a.unit.kode < b.unit.kode ? -1 : 1));
  return {
    unit: { kode: chosen.unit.kode, nama: chosen.unit.nama },
    on_land: tenths(chosen.metres) === 0, // as on the server: within half a decimetre of land is on land
    distance_m: tenths(chosen.metres),
    metres: chosen.metres,
    neighbours: beside.map(({ unit, metres }) => ({ kode: unit.kode, nama: unit.nama, m: tenths(metres) })),
  };
}

const tenths = (metres) => Math.round(metres * 10) / 10;

// The nearest; of equals the lowest code, for `found` is in the order of codes.
function nearestOf(found) {
  return found.reduce((best, each) => (each.metres < best.metres ? each : best));
}

// The hole that a point lies in, or null.
async function holeAt(lon, lat, load) {
  const holes = holesOf(await load("map-undrawn.json"));
  const point = [lon, lat, lon, lat];
  const inside = ({ points, box }) => boxesMeet(box, point) && sideOfRing(points, lon, lat) > 0;
  return holes.find(inside) ?? null;
}

// The units that a point may lie in as well: those as near as its own, or nearer than that and what lines can be wrong.
async function nearCodes(place, lon, lat, wrong, index, load) {
  const most = place.metres + wrong;
  // Less than a micrometre is nothing: the point is on a line, and so on land.
  const atSea = place.metres >= 5e-7;
  const found = await within(lon, lat, atSea ? Math.min(most, REACH_M) : most, index, load);
  return found.map(({ unit }) => unit.kode);
}

// The units within so many metres, in the order of their codes: [{unit, inside, metres}].
async function within(lon, lat, metres, index, load) {
  const window = windowAround(lon, lat, metres * SLACK);
  const found = [];
  for (const unit of await groundOf(index.provinces.filter(({ bbox }) => boxesMeet(bbox, window)), load)) {
    if (!boxesMeet(unit.box, window)) continue;
    const inside = contains(unit, lon, lat);
    const far = inside ? 0 : metresTo(unit, lon, lat, window);
    if (far <= metres) found.push({ unit, inside, metres: far });
  }
  return found;
}

async function tooFar(lon, lat, index, load) {
  let { unit, metres } = await nearestInDegrees(lon, lat, index, load);
  if (metres < FAR_M) ({ unit, metres } = nearestOf(await within(lon, lat, metres * 1.001, index, load)));
  return { unit: null, too_far: true, distance_m: tenths(metres), nearest: { kode: unit.kode, nama: unit.nama, m: tenths(metres) } };
}

// Provinces are opened from the nearest box on, and only while they could hold something nearer.
async function nearestInDegrees(lon, lat, index, load) {
  const boxes = index.provinces.map((province) => ({ province, far: toBox(province.bbox, lon, lat) }));
  let best = { unit: null, far: Infinity };
  for (const { province, far } of boxes.sort((a, b) => a.far - b.far)) {
    if (far > best.far) break;
    for (const unit of await groundOf([province], load)) {
      if (toBox(unit.box, lon, lat) >= best.far) continue;
      const [x, y] = nearestPlace(unit, lon, lat, 1, null);
      if (Math.hypot(x, y) < best.far) best = { unit, far: Math.hypot(x, y) };
    }
  }
  return { unit: best.unit, metres: metresTo(best.unit, lon, lat, null) };
}

function toBox([west, south, east, north], lon, lat) {
  return Math.hypot(Math.max(west - lon, 0, lon - east), Math.max(south - lat, 0, lat - north));
}

// --- the law -----------------------------------------------------------------------------------------

const UNITS = new WeakMap(); // parsed map-units.json -> what readUnits made of it

async function unitsFrom(load) {
  const json = await load("map-units.json");
  if (!UNITS.has(json)) UNITS.set(json, readUnits(json));
  return UNITS.get(json);
}

const nameOf = (units, code) => units.names.get(code) ?? code;

async function dapilOf(code, around, year, index, units, load) {
  const seats = LOOKUP_CHAMBERS.map((chamber) => seatOf(code, around, chamber, year, index, units, load));
  const found = await Promise.all(seats);
  return Object.fromEntries(LOOKUP_CHAMBERS.map((chamber, at) => [chamber, found[at]]));
}

async function seatOf(code, around, chamber, year, index, units, load) {
  const [name, plan] = planInForce(index, chamber, year) ?? [];
  if (!plan?.composed) return { id: null, row: -1, reason: plan ? TABLE_ONLY : noPlan(chamber, year), may: [] };
  const row = units.rowOf(name, code);
  if (row < 0) return { id: null, row, reason: outside(plan, chamber, code), may: [] };
  const others = new Set([...around].map((each) => units.rowOf(name, each)));
  const may = [...others].filter((each) => each >= 0 && each !== row).sort((a, b) => a - b);
  return { row, reason: null, may, ...(await factsAt(name, plan, row, load)) };
}

// Of a plan whose facts lie apart by province those of its own are enough; where they cannot be had, all will do.
async function factsAt(name, plan, row, load) {
  const part = partAt(plan.parts, row);
  const own = part && (await load(factsFile(name, part.province)).catch(() => null));
  return own ? factsIn(own, part.row) : factsIn(await load(factsFile(name)), row);
}

function factsIn({ columns, rows }, row) {
  return { id: rows[row][columns.indexOf("id")], provinsi: rows[row][columns.indexOf("kode_provinsi")] };
}

const provincesOf = (dapil, units) => Object.values(dapil).map(({ provinsi }) => [provinsi, nameOf(units, provinsi)]);

// The dapil of voters abroad: {dapil, remarks}, or nothing where no plan of that year tells of them.
export async function abroadOf(year, index, load) {
  const plans = LOOKUP_CHAMBERS.map((chamber) => planInForce(index, chamber, year));
  if (!plans.some((plan) => plan?.[1].abroad)) return {};
  const seats = plans.map(async (plan, at) => {
    if (!plan?.[1].abroad) return { id: null, row: -1, reason: noneAbroad(LOOKUP_CHAMBERS[at]), may: [] };
    const facts = await load(factsFile(plan[0]));
    const row = facts.rows.findIndex((each) => each[facts.columns.indexOf("id")] === plan[1].abroad);
    return { row, reason: null, may: [], ...factsIn(facts, row) };
  });
  const found = await Promise.all(seats);
  return { dapil: Object.fromEntries(LOOKUP_CHAMBERS.map((name, at) => [name, found[at]])), remarks: [NOT_HERE] };
}

const TABLE_ONLY = {
  code: "table-only",
  id: "Hanya nama dan jumlah kursi yang diketahui; susunan wilayah dapilnya tidak diketahui.",
  en: "Only names and seats are known; which units make up each dapil is not.",
};

function noPlan(chamber, year) {
  return {
    code: "no-plan",
    id: `Rilis ini tidak memuat dapil ${chamber} tahun ${year}.`,
    en: `This release has no ${chamber} dapil of ${year}.`,
  };
}

function outside(plan, chamber, code) {
  const excluded = plan.excluded.find((each) => code === each || code.startsWith(`${each}.`));
  if (excluded) {
    return {
      code: "excluded",
      id: `Wilayah ${excluded} tidak memilih ${chamber} (DKI Jakarta tanpa DPRD kabupaten/kota).`,
      en: `Territory ${excluded} elects no ${chamber} (DKI Jakarta has no DPRD kabupaten/kota).`,
    };
  }
  if (plan.rest) return TABLE_ONLY;
  return {
    code: "outside",
    id: `Wilayah ini tidak termasuk dapil ${chamber} mana pun pada tahun itu.`,
    en: `This ground is in no ${chamber} dapil of that year.`,
  };
}
