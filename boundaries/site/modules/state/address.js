// What is shown, as an address. All of it stands behind the #, which no browser sends to any server: where a person
// tapped is between them and whom they send the link to.

import { fragmentOf, planOf } from "./fragment.js";
import { lacking, THEMES, themeOf } from "./themes.js";

const CHAMBER_ORDER = ["dpr", "dpd", "dprd-provinsi", "dprd-kabkota"];
const PLAIN = {
  prov: "",
  kab: "",
  dapil: "",
  unit: "",
  titik: null,
  tampil: "wilayah",
  tema: "kursi",
  partai: "",
  rinci: false,
  banding: 0,
  peta: null,
  bingkai: false,
  daftar: true,
  warna: "",
};

// Of a frame: what there is besides the map, and its colours, whatever the reader's device likes.
export const COLOURS = ["terang", "gelap"];

// Read the part behind the #. What is unknown to this release is left out rather than guessed.
export function readState(hash, index) {
  const given = fragmentOf(hash);
  const dapil = given.get("dapil") ?? "";
  const named = index.plans[planOf(dapil)]; // a dapil is of one chamber and one election
  const state = { ...PLAIN, lembaga: named?.lembaga ?? chamberOf(given.get("lembaga"), index) };
  state.tahun = named?.tahun ?? yearFor(index, state.lembaga, numberOf(given.get("tahun")));
  if (index.provinces.some(({ kode }) => kode === given.get("prov"))) state.prov = given.get("prov");
  const kab = given.get("kab") ?? "";
  if (/^\d\d\.\d\d$/.test(kab) && index.provinces.some(({ kode }) => kode === kab.slice(0, 2)))
    [state.kab, state.prov] = [kab, kab.slice(0, 2)];
  if (/^[\w-]{1,60}$/.test(dapil)) state.dapil = dapil;
  if (/^[\d.]{2,13}$/.test(given.get("unit") ?? "")) state.unit = given.get("unit");
  state.titik = pointOf(given.get("titik"));
  if (given.get("tampil") === "kursi") state.tampil = "kursi";
  const banding = numberOf(given.get("banding"));
  if (yearsToCompare(index, state).includes(banding)) state.banding = banding;
  readTheme(given, state, index);
  state.peta = viewOf(given.get("peta"));
  state.bingkai = given.get("bingkai") === "1";
  state.daftar = !state.bingkai || given.get("daftar") !== "0";
  if (state.bingkai && COLOURS.includes(given.get("warna"))) state.warna = given.get("warna");
  return state;
}

// The theme, as far as the release has it; not beside a comparison, which has colours of its own.
function readTheme(given, state, index) {
  const theme = THEMES.find(({ id }) => id === given.get("tema"));
  if (!theme || state.banding || lacking(index, state, theme)) return;
  state.tema = theme.id;
  if (theme.kind === "dots") state.tampil = "kursi";
  if (theme.party && /^[\w-]{1,30}$/.test(given.get("partai") ?? "")) state.partai = given.get("partai");
  state.rinci = Boolean(theme.by) && given.get("rinci") === "kecamatan";
}

// Write a state as what stands behind the #: only what differs from the first view, and the chamber and the year.
export function writeState(state) {
  const parts = [
    ["lembaga", state.lembaga],
    ["tahun", state.tahun],
  ];
  for (const name of ["prov", "kab", "dapil", "unit"]) if (state[name]) parts.push([name, state[name]]);
  const own = state.titik?.own; // the device's position, and the map around it, stay out of what may be sent on
  if (state.titik && !own) parts.push(["titik", `${state.titik.lat},${state.titik.lon}`]);
  if (state.tampil === "kursi") parts.push(["tampil", "kursi"]);
  if (state.banding) parts.push(["banding", state.banding]);
  const theme = themeOf(state);
  if (state.tema !== "kursi") parts.push(["tema", state.tema]);
  if (theme.party && state.partai) parts.push(["partai", state.partai]);
  if (theme.by && state.rinci) parts.push(["rinci", "kecamatan"]);
  if (state.peta && !own) parts.push(["peta", state.peta.join("/")]);
  if (state.bingkai) {
    parts.push(["bingkai", "1"]);
    if (!state.daftar) parts.push(["daftar", "0"]);
    if (state.warna) parts.push(["warna", state.warna]);
  }
  return `#${parts.map(([name, value]) => `${name}=${value}`).join("&")}`;
}

// Years of which the release knows a chamber, newest first; tables without a map too.
export function yearsOf(index, chamber) {
  return index.years.filter((year) => index.plans[`${chamber}-${year}`]);
}

// Chambers that the release has, in the order of the law.
export function chambersOf(index) {
  return CHAMBER_ORDER.filter((chamber) => yearsOf(index, chamber).length);
}

// The year itself if the chamber was elected then and is known; else the nearest one, the newer of two.
export function yearFor(index, chamber, year) {
  const years = yearsOf(index, chamber);
  if (!year) return years[0];
  return years.reduce((best, each) => (Math.abs(each - year) < Math.abs(best - year) ? each : best), years[0]);
}

// Earlier elections that the plan can be compared with.
export function yearsToCompare(index, { lembaga, tahun }) {
  return yearsOf(index, lembaga).filter(
    (year) => year < tahun && `map-compare-${lembaga}-${year}-${tahun}.json` in index.files,
  );
}

function chamberOf(name, index) {
  const known = chambersOf(index);
  return known.includes(name) ? name : known[0];
}

// A number as an address writes it, or NaN: `Number` reads "" as 0 and "0x10" as 16.
function numberOf(text) {
  return /^ *-?\d{1,9}(\.\d{1,20})? *$/.test(text ?? "") ? Number(text) : NaN;
}

function numbersOf(text, sign, least) {
  const numbers = (text ?? "").split(sign).map(numberOf);
  return numbers.length === least && numbers.every(Number.isFinite) ? numbers : null;
}

function pointOf(text) {
  const pair = text ? numbersOf(text, ",", 2) : null;
  return pair && Math.abs(pair[0]) <= 90 && Math.abs(pair[1]) <= 180 ? { lat: pair[0], lon: pair[1] } : null;
}

function viewOf(text) {
  const view = text ? numbersOf(text, "/", 3) : null;
  return view && view[0] >= 0 && view[0] <= 18 && Math.abs(view[1]) <= 85 && Math.abs(view[2]) <= 180 ? view : null;
}
