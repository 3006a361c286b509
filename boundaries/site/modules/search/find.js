// Finding a place by what a person types: without accents or case, with old spelling, `Kab.`, `Kec.` and slips of the
// fingers. Everything happens here; what is typed goes nowhere.

// The server has the same rules (boundaries/release/place_search.py). `tests/search_cases.json` has what people type, and
// what must come first; it asks both.

import { inSlices } from "../state/slices.js";
import { ALSO, CHAMBERS, DPRD_OF, HINTS, IDLE, letterOf, ROMAN, sounded, spelled } from "./spelling.js";

const LEVELS = { 2: "provinsi", 5: "kabkota", 8: "kecamatan", 13: "desa" };
const TITLES = /^(kabupaten|kota)( administrasi)? /;
// What counts beside how alike a name is, which is 100 at most.
const [HINTED, CHAMBER, EXACT, LETTERS, OTHER, KIND] = [14, 20, 40, 1.5, 16, 1];
// A number as the chamber writes it (II is DPR's), and the chamber that is shown: less than what parts a dapil from a unit.
const [NUMERAL, SHOWN] = [2, 1.8];
// A name in the list answers before one that is not, where both are as alike.
const UNLISTED = 0.5;
// Of dapil that answer alike that of the DPR comes first.
const DPR = 0.5;
const WEIGHT = { provinsi: 5, kabkota: 4, dapil: 2, kecamatan: 2, "luar-negeri": 1, desa: 0 };

// Make what `find` looks through: {entries, words}. Entries are units with their names, the dapil of some plans (with
// what else `dapil` tells of them) and places abroad; each holds its words, and those around it, as places in `words`.
// `other`: [kode or id, nama] of what they are called besides; `abroad`: [kode, nama, English name or ""].
export function placesOf(names, dapil, other = [], abroad = []) {
  const places = noPlaces(other);
  addUnits(places, names);
  addDapil(places, dapil);
  addAbroad(places, abroad);
  return places;
}

// The same in slices, each a list of units or of dapil, between which others have their turn (slices.js).
export async function placesInSlices(names, dapil, other, abroad) {
  const places = noPlaces(other);
  await inSlices(parts(names), (part) => addUnits(places, part));
  await inSlices(parts(dapil), (part) => addDapil(places, part));
  addAbroad(places, abroad);
  return places;
}

const PART = 50;

function* parts(items) {
  const all = [...items];
  for (let at = 0; at < all.length; at += PART) yield all.slice(at, at + PART);
}

function noPlaces(other) {
  const places = { entries: [], words: [], letters: [], at: new Map(), heard: new Map(), around: new Map() };
  places.names = new Map();
  places.post = new Map();
  places.other = new Map();
  for (const [kode, nama] of other) places.other.set(kode, [...(places.other.get(kode) ?? []), nama]);
  return places;
}

function addDapil(places, dapil) {
  for (const { id, nama_dapil, ...more } of dapil) {
    const plain = spelled(nama_dapil).join(" ");
    const entry = { ...more, kode: id, nama: nama_dapil, level: "dapil", title: "dapil", told: [plain], above: [] };
    addTo(places, entry, plain, [...(places.other.get(id) ?? []), ...calledAs(places, id, plain)]);
  }
}

function addAbroad(places, abroad) {
  const outside = new Map(abroad.map(([kode, nama]) => [kode, nama]));
  for (const [kode, nama, english] of abroad) {
    const plain = spelled(nama).join(" ");
    const above = [5, 2].filter((length) => kode.length > length).map((length) => outside.get(kode.slice(0, length)));
    const entry = { kode, nama, level: "luar-negeri", title: "luar-negeri", told: [plain], above };
    addTo(places, entry, plain, english ? [english] : []);
  }
}

// What a dapil is called when its province, kabupaten or kota goes by another name: "Kota Solo 2".
function calledAs(places, id, plain) {
  const code = id.split("-").at(-1);
  const owner = id.startsWith("dprd-kabkota") ? `${code.slice(0, 2)}.${code.slice(2, 4)}` : code.slice(0, 2);
  const number = plain.match(/ (\d+|[ivx]+)$/)?.[0] ?? "";
  const title = plain.startsWith("kota ") ? "kota " : "";
  return (places.other.get(owner) ?? []).map((name) => `${title}${spelled(name).join(" ").replace(TITLES, "")}${number}`);
}

// Add units that came later: desa, by the letters of a text.
export function addUnits(places, names) {
  const fresh = [...names].filter(([kode]) => !places.names.has(kode));
  for (const [kode, nama] of fresh) places.names.set(kode, nama);
  for (const [kode, nama] of fresh) {
    const level = LEVELS[kode.length];
    const plain = spelled(nama).join(" ");
    const above = [8, 5, 2].filter((length) => kode.length > length);
    const title = titleOf(kode, level, plain);
    const bare = level === "kabkota" ? plain.replace(TITLES, "") : plain;
    const told = [plain, ...(level === "desa" ? [`desa ${bare}`, `kelurahan ${bare}`] : [`${title} ${bare}`])];
    const held = above.map((length) => places.names.get(kode.slice(0, length))).filter(Boolean);
    const common = level === "provinsi" || level === "kabkota" ? (ALSO.get(bare) ?? "") : "";
    const also = [common, ...(places.other.get(kode) ?? [])].filter(Boolean);
    addTo(places, { kode, nama, level, title, told, above: held }, bare, also);
  }
}

function titleOf(kode, level, plain) {
  if (level === "desa") return kode[9] === "1" ? "kelurahan" : "desa";
  return level === "kabkota" ? (plain.startsWith("kota") ? "kota" : "kabupaten") : level;
}

// The levels that words name; who says kelurahan may mean a desa, too.
function levelsIn(words) {
  const found = words.filter((word) => HINTS.has(word)).map((word) => HINTS.get(word));
  return new Set(found.includes("kelurahan") ? [...found, "desa"] : found);
}

// The post code that a text is, or "".
export function postCodeIn(text) {
  const figures = spelled(text).join("");
  return /^\d{5}$/.test(figures) ? figures : "";
}

// Add the units of post codes: code -> [[kode, nama], ...].
export function addPosts(places, posts) {
  for (const [post, units] of Object.entries(posts)) {
    addUnits(places, units);
    places.post.set(post, new Set(units.map(([kode]) => kode)));
  }
}

function addTo(places, entry, plain, also) {
  const own = { ...spelt(places, plain), around: entry.above.flatMap((name) => aroundOf(places, name)) };
  const others = also.map((name) => spelled(name).join(" ").replace(TITLES, ""));
  const first = entry.level === "desa" ? bitsOf(own.words.map((place) => letterOf(places.words[place]))) : -1;
  places.entries.push({ ...entry, ...own, first, also: others.map((text) => ({ ...spelt(places, text), around: [] })) });
}

// The words that stand around all places of a province, kabupaten or kecamatan.
function aroundOf(places, name) {
  if (!places.around.has(name)) {
    const plain = spelled(name).join(" ");
    places.around.set(name, spelt(places, `${plain} ${ALSO.get(plain) ?? ""}`).words);
  }
  return places.around.get(name);
}

function spelt({ words, letters, at, heard }, plain) {
  const places = [];
  for (const word of plain.split(" ").filter(Boolean)) {
    if (!heard.has(word)) heard.set(word, sounded(word));
    const sound = heard.get(word);
    if (!at.has(sound)) {
      at.set(sound, words.push(sound) - 1);
      letters.push(lettersOf(sound));
    }
    places.push(at.get(sound));
  }
  const joined = sounded(places.map((place) => words[place]).join(""));
  return { plain, words: places, joined, letters: lettersOf(joined) };
}

// The letters under which desa are looked at for a text: a desa is found where one of its words begins so.
export function lettersFor(text) {
  const { rest } = chambersIn(spelled(text));
  const named = rest.filter((word) => !IDLE.has(word));
  const plain = named.filter((word) => !HINTS.has(word));
  return [...new Set((plain.length ? plain : named).map((word) => letterOf(sounded(word))))];
}

function bitsOf(letters) {
  return letters.reduce((bits, letter) => bits | (letter === "0" ? 1 : 1 << (letter.charCodeAt(0) & 31)), 0);
}

// The best entries for a text, best first, at most `most`. `chamber`: the one that is shown, "" for none.
export function find(places, text, most = 8, chamber = "") {
  const words = spelled(text);
  if (words.join("").length < 2) return [];
  if (/^\d{2,10}$/.test(words.join(""))) return ofCode(places, words.join(""), most);
  const asked = { ...askedFor(words, places), chamber };
  const letters = bitsOf(lettersFor(text));
  return places.entries
    .filter(({ first }) => first & letters)
    .map((entry) => [rank(entry, asked), entry])
    .filter(([score]) => score > 0)
    .sort(
      ([a, one], [b, other]) => b - a || one.plain.length - other.plain.length || (one.kode < other.kode ? -1 : 1),
    )
    .slice(0, most)
    .map(([, entry]) => entry);
}

// What the words ask for: titles and chambers that are named in them, and the name itself, with words that may be a title
// or a part of it ("kota") and without.
function askedFor(words, known) {
  const { chambers, rest } = chambersIn(words);
  const named = rest.filter((word) => !IDLE.has(word));
  const plain = named.filter((word) => !HINTS.has(word));
  const tables = new Map();
  const typed = (all) => {
    const sounds = all.map(sounded);
    for (const sound of sounds) if (!tables.has(sound)) tables.set(sound, likenesses(sound, known));
    const joined = sounded(sounds.join(""));
    return { tables: sounds.map((sound) => tables.get(sound)), joined, letters: lettersOf(joined) };
  };
  return {
    chambers,
    hints: levelsIn(named),
    bare: typed(plain),
    pair: typed(paired(plain, known)),
    whole: typed(named.filter((word) => word !== "dapil")),
    said: new Set([words, plain, named].map((each) => each.join(" "))),
    numerals: words.filter((word) => ROMAN.has(word)),
    told: rest.map((word) => HINTS.get(word) ?? (word === "adm" ? "administrasi" : word)).join(" "),
  };
}

// The words with two neighbours written as one where that is a word of a name: "sumber sari malang" is Sumbersari in Malang.
// [] where there are none, or no other word.
function paired(words, { at }) {
  const first = words.length > 2 ? words.findIndex((word, i) => at.has(sounded(word + (words[i + 1] ?? " ")))) : -1;
  if (first < 0) return [];
  return [...words.slice(0, first), words[first] + words[first + 1], ...words.slice(first + 2)];
}

// The chambers that are named, and the other words: DPRD takes the level that follows it, and DPR and DPD their RI.
function chambersIn(words) {
  const rest = [];
  let chambers = null;
  for (let at = 0; at < words.length; at++) {
    const found = CHAMBERS[words[at]];
    if (!found) {
      rest.push(words[at]);
      continue;
    }
    const level = HINTS.get(words[at + 1]);
    const one = found.length > 1 && DPRD_OF[level];
    chambers = one ? [one] : found;
    if ((one && level !== "kota") || (found.length === 1 && words[at + 1] === "ri")) at++; // a dapil may be called "Kota …"
  }
  return { chambers, rest };
}

function rank(entry, { hints, chambers, bare, pair, whole, said, told, numerals, chamber }) {
  let score = scoreOf(entry, bare);
  if (pair.joined) score = Math.max(score, scoreOf(entry, pair) - 1);
  for (const other of entry.also) score = Math.max(score, scoreOf(other, bare) - UNLISTED);
  if (hints.size && whole.tables.length > bare.tables.length) score = Math.max(score, scoreOf(entry, whole) - 1);
  if (score <= 0) return 0;
  score += WEIGHT[entry.level];
  if (hints.has(entry.title) || hints.has(entry.level)) score += HINTED;
  if (hints.size && entry.told.includes(told)) score += EXACT; // its whole name, title and all
  // Letter by letter, and not only as it sounds: III is not 3.
  if (said.has(entry.plain) || entry.also.some(({ plain }) => said.has(plain))) score += LETTERS;
  if (hints.has("desa") && entry.title === (hints.has("kelurahan") ? "kelurahan" : "desa")) score += KIND;
  if (entry.level !== "dapil") return score;
  if (numerals.some((numeral) => entry.plain.endsWith(` ${numeral}`))) score += NUMERAL;
  if (entry.lembaga === "dpr") score += DPR;
  if (entry.lembaga === chamber) score += SHOWN;
  if (hints.has("kota") && !/\bkota\b/.test(entry.plain)) score -= OTHER;
  if (chambers) score += chambers.includes(entry.lembaga) ? CHAMBER : -OTHER;
  return score;
}

// Places of a post code, then those whose code begins so, whether it was written with dots or without.
function ofCode({ entries, post }, digits, most) {
  const codeOf = ({ kode }) => kode.replace(/\./g, "");
  const byCode = (one, other) => (one.kode < other.kode ? -1 : 1);
  const units = entries.filter(({ level }) => level !== "dapil" && level !== "luar-negeri");
  const posted = units.filter(({ kode }) => post.get(digits)?.has(kode)).sort(byCode);
  const coded = units
    .filter((entry) => codeOf(entry).startsWith(digits))
    .sort((one, other) => one.kode.length - other.kode.length || byCode(one, other));
  return [...posted, ...coded].slice(0, most);
}

// How well an entry answers: each word typed must be found in its name, or (one at least in the name) around it.
function scoreOf(entry, typed) {
  if (!typed.joined) return 0;
  if (typed.letters === entry.letters && typed.joined === entry.joined) return 100;
  let own = 0;
  let sum = 0;
  for (const table of typed.tables) {
    const here = best(entry.words, table);
    const there = here >= 60 ? 0 : best(entry.around, table) * 0.7;
    if (!here && !there) return joinedScore(entry, typed);
    own += here >= there ? here : 0;
    sum += Math.max(here, there);
  }
  if (!own) return 0;
  const extra = Math.max(0, entry.words.length - typed.tables.length);
  return Math.max(joinedScore(entry, typed), (sum / typed.tables.length) * 0.9 - extra * 2);
}

// The same for the name as one word: "Gunung Kidul" is Gunungkidul.
function joinedScore({ joined, letters }, typed) {
  const { length } = typed.joined;
  if (length >= 4 && joined.startsWith(typed.joined)) return 82 - (joined.length - length);
  const allowed = slips(length);
  const far = allowed ? distanceWithin(typed.joined, joined, allowed, typed.letters ^ letters) : Infinity;
  return far <= allowed ? 70 - 12 * far : 0;
}

function best(words, table) {
  let found = 0;
  for (const word of words) if (table[word] > found) found = table[word];
  return found;
}

// How like one word that was typed is to each word that is known.
function likenesses(typed, { words, letters }) {
  const figures = /^\d+$/.test(typed);
  const allowed = slips(typed.length);
  const own = lettersOf(typed);
  return Uint8Array.from(words, (word, at) => {
    if (word === typed) return 100;
    if (figures) return 0;
    if (typed.length >= 2 && word.startsWith(typed)) return 88 - Math.min(8, word.length - typed.length);
    const far = allowed ? distanceWithin(typed, word, allowed, own ^ letters[at]) : Infinity;
    return far <= allowed ? 66 - 14 * far : 0;
  });
}

// Which letters a word has, a bit for each.
function lettersOf(word) {
  let bits = 0;
  for (let at = 0; at < word.length; at++) bits |= 1 << (word.charCodeAt(at) & 31);
  return bits;
}

function slips(length) {
  if (length < 4) return 0;
  return length < 7 ? 1 : 2;
}

// Damerau-Levenshtein distance (a swap of neighbours counts once), or Infinity above `most`. `letters`: which letters stand
// in one of the two alone; a slip changes two at most, so most pairs need not be looked at.
function distanceWithin(one, other, most, letters) {
  if (Math.abs(one.length - other.length) > most) return Infinity;
  for (let count = 0; letters; letters &= letters - 1) if (++count > 2 * most) return Infinity;
  let before = [];
  let last = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let i = 1; i <= one.length; i++) {
    const row = [i];
    let least = i;
    for (let j = 1; j <= other.length; j++) {
      const same = one[i - 1] === other[j - 1] ? 0 : 1;
      let value = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + same);
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1])
        value = Math.min(value, before[j - 2] + 1);
      row.push(value);
      if (value < least) least = value;
    }
    if (least > most) return Infinity;
    [before, last] = [last, row];
  }
  return last[other.length] <= most ? last[other.length] : Infinity;
}
