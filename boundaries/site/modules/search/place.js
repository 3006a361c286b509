// The dapil of all four chambers at a point or in a unit, with the facts of each.
import { drawingOf } from "../draw/maps.js";
import { dapilAt, units } from "../state/atlas.js";
import { loadAndKeep } from "../state/load.js";
import { abroadOf, lookup } from "./lookup.js";
import { ABROAD, planInForce, remarksOn } from "./special.js";
import { chambersOf } from "../state/address.js";
import { t, told } from "../state/words.js";

// What stands at a point {lon, lat, accuracy?}: {answer, code, seats, remarks}; `answer` is what lookup.js says. `code` is
// that of the base unit, "" where there is none within reach.
export async function placeAt(index, year, { lon, lat }) {
  const answer = await lookup(lon, lat, lookupYear(index, year), loadAndKeep);
  const remarks = answer.remarks ?? [];
  if (!answer.unit) return { answer, code: "", seats: answer.dapil ? await seatsAbroad(index, year) : [], remarks };
  const seats = await seatsIn(index, year, answer.unit.kode);
  const all = await Promise.all(seats.map((seat) => withOthers(index, seat, answer, year)));
  return { answer, code: answer.unit.kode, seats: all, remarks };
}

// A chamber's seat with the other dapil that the point may lie in.
async function withOthers(index, seat, answer, year) {
  const rows = answer.year === year ? (answer.dapil[seat.chamber]?.may ?? []) : [];
  return rows.length ? { ...seat, may: await dapilAt(index, seat.plan, rows) } : seat;
}

// lookup.js knows the years of which some plan has a map; of others the newest serves to find the unit.
function lookupYear(index, year) {
  const known = Object.values(index.plans).some((plan) => plan.composed && plan.tahun === year);
  return known ? year : null;
}

// What stands in a unit of any level, or abroad: {code, seats, remarks}. Throws where the release has no ground of that code.
export async function placeIn(index, year, code) {
  const known = await units();
  if (code.slice(0, 2) === ABROAD[0]) return { answer: null, code, seats: await seatsAbroad(index, year), remarks: [] };
  // Of a desa that no plan tells apart from its neighbours the kecamatan answers.
  const own = known.names.has(code) ? code : code.slice(0, 8);
  if (!known.names.has(own)) throw new Error(t("nosuch", { name: code }));
  const seats = await seatsIn(index, year, own);
  const provinces = seats.flatMap(({ dapil }) => dapil.map(({ kode_provinsi: of }) => [of, known.names.get(of)]));
  return { answer: null, code: own, seats, remarks: remarksOn(code, year, provinces) };
}

// The same of voters abroad; none where no plan of that year tells of them.
async function seatsAbroad(index, year) {
  const { dapil = {} } = await abroadOf(lookupYear(index, year) ?? year, index, loadAndKeep);
  return Promise.all(
    chambersOf(index).map(async (chamber) => {
      const { row = -1, reason } = dapil[chamber] ?? {};
      const [plan] = planInForce(index, chamber, year) ?? [""];
      const found = row >= 0 ? await dapilAt(index, plan, [row]) : [];
      return { chamber, plan, dapil: found, reason: reason ? told(reason) : found.length ? "" : t("nodapil") };
    }),
  );
}

// For each chamber that the release knows: {chamber, plan, dapil: [facts…], reason}.
async function seatsIn(index, year, code) {
  const known = await units();
  const base = known.under(code);
  return Promise.all(
    chambersOf(index).map(async (chamber) => {
      const [plan, about] = planInForce(index, chamber, year) ?? [`${chamber}-${year}`, null];
      if (!about) return { chamber, plan, dapil: [], reason: t("notinyear", { chamber: t(chamber), year }) };
      if (!about.composed) return { chamber, plan, dapil: [], reason: t("nocomposition") };
      const rows = [...new Set(base.map((each) => known.rowOf(plan, each)))]
        .filter((row) => row >= 0)
        .sort((a, b) => a - b);
      const left = (about.excluded ?? []).some((each) => code === each || code.startsWith(`${each}.`));
      const other = about.rest ? t("nocomposition") : t("nodapil");
      const reason = rows.length ? "" : left ? t("excluded", { chamber: t(chamber) }) : other;
      return { chamber, plan, dapil: await dapilAt(index, plan, rows), reason };
    }),
  );
}

// The ground of some codes (any level), with the line around it as kind "edge": {drawing, codes: Set of base units}.
export async function groundAround(province, chosen, key) {
  const inside = (feature) => chosen.some((code) => feature.id === code || feature.id.startsWith(`${code}.`));
  const kind = (one, other) => (inside(one) !== Boolean(other && inside(other)) ? "edge" : "inner");
  const drawing = await drawingOf(`map-units-${province}.topojson`, "dasar", kind, key);
  return { drawing, codes: new Set(drawing.features.filter(inside).map(({ id }) => id)) };
}

// Names of the members of a dapil, in the order of their codes.
export async function membersOf(facts) {
  const { names } = await units();
  const nameOf = (code) => names.get(code) ?? (code === ABROAD[0] ? ABROAD[1] : code);
  return facts.wilayah.map((code) => [code, nameOf(code)]);
}
