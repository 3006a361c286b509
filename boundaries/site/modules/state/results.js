// Results of an election, read when a theme or a card asks for them: parties, votes and seats of dapil; persons.
import { load, loadAndKeep } from "./load.js";

const KEPT = 6; // plans whose results stay read
const resultsKept = new Map();

// The results of a plan: {parties: [{id, number, short, name, colour, at}], rows, byCode, votes, seats, turnout, women}, the
// last four as map-results says them. A row has the columns by name.
export function resultsOf(plan) {
  if (!resultsKept.has(plan)) {
    resultsKept.set(plan, load(`map-results-${plan}.json`).then(readResults));
    resultsKept.get(plan).catch(() => resultsKept.delete(plan));
    if (resultsKept.size > KEPT) resultsKept.delete(resultsKept.keys().next().value);
  }
  return resultsKept.get(plan);
}

function readResults(file) {
  const parties = file.parties.map(([id, number, short, name, colour], at) => ({ id, number, short, name, colour, at }));
  const rows = file.rows.map((row) => Object.fromEntries(file.columns.map((name, at) => [name, row[at]])));
  return { ...file, parties, rows, byCode: new Map(rows.map((row) => [row.kode_dapil, row])) };
}

// The votes of the kecamatan of a province, as rows that have `suara` in the order of the parties of the results.
export function readUnitVotes(file, { parties }) {
  const places = parties.map(({ number }) => file.numbers.indexOf(number));
  const rows = file.rows.map(([kode, tps, counted, doubtful, votes]) => ({
    kode,
    tps,
    tps_terhitung: counted,
    doubtful: Boolean(doubtful),
    suara: places.map((place) => (place < 0 ? null : votes[place])),
  }));
  return { ...file, rows, byUnit: new Map(rows.map((row) => [row.kode, row])) };
}

// The row of the kecamatan that a base unit is or lies in.
export function unitRow(votes, code) {
  return votes.byUnit.get(code) ?? votes.byUnit.get(code.slice(0, 8));
}

export function electedOf(plan) {
  return loadAndKeep(`map-elected-${plan}.json`);
}

// Candidates of the province that a dapil is in.
export function candidatesOf(plan, province) {
  return load(`map-candidates-${plan}-${province}.json`);
}
