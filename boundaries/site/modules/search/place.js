// The dapil of all four chambers at a point or in a unit, with the facts of each.
import { drawingOf } from "../draw/maps.js";
import { factsOf, units } from "../state/atlas.js";
import { loadAndKeep } from "../state/load.js";
import { lookup } from "./lookup.js";
import { chambersOf } from "../state/address.js";
import { t } from "../state/words.js";

// What stands at a point {lon, lat, accuracy?}: {answer, code, seats}; `answer` is what lookup.js says. `code` is that
// of the base unit, "" where there is none within reach.
export async function placeAt(index, year, { lon, lat }) {
  const answer = await lookup(lon, lat, lookupYear(index, year), loadAndKeep);
  if (!answer.unit) return { answer, code: "", seats: [] };
  return { answer, code: answer.unit.kode, seats: await seatsIn(index, year, answer.unit.kode) };
}

// lookup.js knows the years of which some plan has a map; of others the newest serves to find the unit.
function lookupYear(index, year) {
  const known = Object.values(index.plans).some((plan) => plan.composed && plan.tahun === year);
  return known ? year : null;
}

// What stands in a unit of any level: {code, seats}. Throws where the release has no ground of that code.
export async function placeIn(index, year, code) {
  const known = await units();
  if (!known.names.has(code)) throw new Error(t("nosuch", { name: code }));
  return { answer: null, code, seats: await seatsIn(index, year, code) };
}

// For each chamber that the release knows: {chamber, plan, dapil: [facts…], reason}.
async function seatsIn(index, year, code) {
  const known = await units();
  const base = known.under(code);
  return Promise.all(
    chambersOf(index).map(async (chamber) => {
      const plan = `${chamber}-${year}`;
      const about = index.plans[plan];
      if (!about) return { chamber, plan, dapil: [], reason: t("notinyear", { chamber: t(chamber), year }) };
      if (!about.composed) return { chamber, plan, dapil: [], reason: t("nocomposition") };
      const rows = [...new Set(base.map((each) => known.rowOf(plan, each)))]
        .filter((row) => row >= 0)
        .sort((a, b) => a - b);
      const facts = await factsOf(plan);
      const left = (about.excluded ?? []).some((each) => code === each || code.startsWith(`${each}.`));
      const reason = rows.length ? "" : left ? t("excluded", { chamber: t(chamber) }) : t("nodapil");
      return { chamber, plan, dapil: rows.map((row) => facts.rows[row]), reason };
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
  return facts.wilayah.map((code) => [code, names.get(code) ?? code]);
}
