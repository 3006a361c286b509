// The themes of the map: what colours, tables and downloads tell of each dapil. A theme is an entry of THEMES; whoever adds
// one adds an entry, its words (`theme.<id>`), and what `readings` says of a row.

// `needs`: part of the results (map-index.json, results[plan]) or of the comparisons that it takes; `party`: of one party;
// `kind`: how it is coloured: seats, steps (few to many), change (fell to rose), party, dots, plain; `by`: also by kecamatan;
// `form`: how its number is written.
export const THEMES = [
  { id: "kursi", group: "plan", kind: "seats" },
  { id: "penduduk", group: "plan", kind: "steps", form: "number" },
  { id: "perubahan-kursi", group: "plan", kind: "change", form: "signed", needs: "compare" },
  { id: "luas", group: "plan", kind: "steps", form: "area" },
  { id: "polos", group: "plan", kind: "plain" },
  { id: "pemenang", group: "result", kind: "party", needs: "votes", by: true },
  { id: "selisih", group: "result", kind: "steps", form: "share", needs: "votes", by: true },
  { id: "suara-partai", group: "result", kind: "steps", form: "share", needs: "votes", party: true, by: true },
  { id: "perubahan-partai", group: "result", kind: "change", form: "points", needs: "carried", party: true },
  { id: "titik", group: "result", kind: "dots", needs: "seats" },
  { id: "terbanyak", group: "result", kind: "party", needs: "seats" },
  { id: "kursi-partai", group: "result", kind: "steps", form: "whole", needs: "seats", party: true },
  { id: "partisipasi", group: "people", kind: "steps", form: "share", needs: "turnout" },
  { id: "perempuan", group: "people", kind: "steps", form: "share", needs: "women" },
];
const BY_ID = new Map(THEMES.map((theme) => [theme.id, theme]));

export function themeOf({ tema }) {
  return BY_ID.get(tema) ?? THEMES[0];
}

// Whether the release has what a theme takes, for a state; else the key of the words that say why not.
export function lacking(index, { lembaga, tahun }, theme) {
  const plan = `${lembaga}-${tahun}`;
  if (!theme.needs) return "";
  if (theme.needs === "compare") return earlierOf(index, lembaga, tahun) ? "" : "lacks.compare";
  if (index.results?.[plan]?.[theme.needs]) return "";
  return lembaga === "dpd" && theme.needs !== "women" && theme.needs !== "turnout" ? "lacks.dpd" : `lacks.${theme.needs}`;
}

// The election before, with which seats are compared; 0 where there is none.
export function earlierOf(index, chamber, year) {
  return index.years.find((each) => each < year && `map-compare-${chamber}-${each}-${year}.json` in index.files) ?? 0;
}

// Whether a state asks for kecamatan, and they can be told.
export function byUnits(index, state) {
  const plan = `${state.lembaga}-${state.tahun}`;
  return Boolean(state.rinci && state.prov && themeOf(state).by && index.results?.[plan]?.units);
}

// Whether what is drawn of a dapil hangs on all others of its plan, and not on itself alone.
export function ranksAll(state) {
  const { kind } = themeOf(state);
  return Boolean(state.banding) || (kind !== "seats" && kind !== "plain") || (state.tampil === "kursi" && !state.prov);
}

// What a theme must have beside the facts of its plan: the names of its files by part.
export function themeFiles(index, state) {
  const { needs } = themeOf(state);
  const plan = `${state.lembaga}-${state.tahun}`;
  const files = {};
  if (!needs || state.banding) return files;
  if (needs === "compare") {
    const from = earlierOf(index, state.lembaga, state.tahun);
    return { seatsBefore: `map-compare-${state.lembaga}-${from}-${state.tahun}.json` };
  }
  files.results = `map-results-${plan}.json`;
  if (needs === "carried") {
    const from = Math.max(...index.results[plan].carried);
    files.carried = `map-carried-${state.lembaga}-${from}-${state.tahun}.json`;
  }
  if (byUnits(index, state)) files.unitVotes = `map-votes-${plan}-${state.prov}.json`;
  return files;
}

// The parties that a theme can be of: those with votes, or that can be compared; in the order of the ballot.
export function partiesFor(known, theme) {
  const parties = known.results?.parties ?? [];
  if (theme.needs !== "carried") return parties;
  return known.carried ? parties.filter(({ id }) => known.carried.parties.includes(id)) : [];
}

// The party that is looked at: the one that the state names, or the one with the most votes or seats in all.
export function partyOf(state, known) {
  const parties = partiesFor(known, themeOf(state));
  return parties.find(({ id }) => id === state.partai) ?? largest(known, parties);
}

function largest({ results }, parties) {
  const sum = ({ at }) => results.rows.reduce((all, row) => all + (row.suara?.[at] ?? row.kursi?.[at] ?? 0), 0);
  return parties.reduce((best, each) => (best && sum(best) >= sum(each) ? best : each), null);
}

// What a theme reads of things that have votes: dapil (facts) or kecamatan. Returns a function of one: null where nothing
// is known, else {value, party?, share?, margin?, counted?, ...}.
export function readings(state, known) {
  const theme = themeOf(state);
  const party = theme.party ? partyOf(state, known) : null;
  const result = ({ kode_dapil: code }) => known.results?.byCode.get(code);
  if (theme.id === "perubahan-kursi") return seatChanges(known);
  if (theme.needs === "carried") return shareChanges(known, party, result);
  const of = {
    penduduk: (row) => (row.penduduk ? { value: row.penduduk / row.kursi } : null),
    luas: (row) => (row.luas_km2 ? { value: row.luas_km2 } : null),
    kursi: (row) => ({ value: row.kursi }),
    polos: () => ({ value: null }),
    pemenang: (row) => first(row.suara ? row : result(row), "suara"),
    terbanyak: (row) => first(result(row), "kursi"),
    titik: (row) => first(result(row), "kursi"),
    selisih: (row) => leadOf(row.suara ? row : result(row)),
    "suara-partai": (row) => shareOf(row.suara ? row : result(row), party),
    "kursi-partai": (row) => valueOf(result(row)?.kursi?.[party?.at]),
    partisipasi: (row) => valueOf(result(row)?.partisipasi),
    perempuan: (row) => {
      const own = result(row);
      return own?.calon ? { value: own.perempuan / own.calon } : null;
    },
  }[theme.id];
  return of;
}

function valueOf(value) {
  return value === null || value === undefined ? null : { value };
}

export function sumOf(counts) {
  return (counts ?? []).reduce((sum, each) => sum + (each ?? 0), 0);
}

// The party with the most votes or seats; several that are alike: `tied`.
function first(row, column) {
  const counts = row?.[column];
  const most = Math.max(...(counts ?? []).map((each) => each ?? 0), 0);
  if (!most) return null;
  const leaders = counts.flatMap((count, at) => (count === most ? [at] : []));
  return { value: leaders[0], leaders, tied: leaders.length > 1, count: most, share: most / sumOf(counts) };
}

// How far the first is before the next, as a share of the valid votes.
function leadOf(row) {
  const leading = first(row, "suara");
  if (!leading) return null;
  const [one, two = 0] = row.suara.map((each) => each ?? 0).sort((a, b) => b - a);
  return { ...leading, value: (one - two) / sumOf(row.suara), votes: one - two, party: leading.value };
}

function shareOf(row, party) {
  const all = sumOf(row?.suara);
  const own = party && row?.suara?.[party.at];
  return all && own !== null && own !== undefined ? { value: own / all, votes: own } : null;
}

// Seats now less seats at the election before. What the comparison does not tell of has not changed.
function seatChanges({ seatsBefore }) {
  if (!seatsBefore) return () => null;
  const changed = new Map(seatsBefore.dapil.map((each) => [each.id, each]));
  return ({ id, kursi }) => {
    const found = changed.get(id);
    if (!found) return { value: 0, then: kursi, now: kursi };
    return found.kursi_then === null ? null : { value: kursi - found.kursi_then, then: found.kursi_then, now: kursi };
  };
}

// Share of a party now less its share of the votes that were carried here from the election before.
function shareChanges({ carried }, party, result) {
  if (!carried || !party) return () => null;
  const place = carried.parties.indexOf(party.id);
  const before = new Map(carried.rows.map(([code, exact, all, votes]) => [code, { exact, all, votes: votes[place] }]));
  return (row) => {
    const then = before.get(row.kode_dapil);
    const now = shareOf(result(row), party);
    if (!then?.all || !now) return null;
    return { value: now.value - then.votes / then.all, then: then.votes / then.all, now: now.value, exact: then.exact };
  };
}
