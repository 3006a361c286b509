// Finding a place by what a person types: without accents or case, with old spelling, `Kab.`, `Kec.` and slips of the
// fingers. Everything happens here; what is typed goes nowhere.

const LEVELS = { 2: "provinsi", 5: "kabkota", 8: "kecamatan", 13: "desa" };
const HINTS = new Map([
  ["prov", "provinsi"],
  ["provinsi", "provinsi"],
  ["propinsi", "provinsi"],
  ["kab", "kabupaten"],
  ["kabupaten", "kabupaten"],
  ["kota", "kota"],
  ["kodya", "kota"],
  ["kotamadya", "kota"],
  ["kec", "kecamatan"],
  ["kecamatan", "kecamatan"],
  ["distrik", "kecamatan"],
  ["desa", "desa"],
  ["ds", "desa"],
  ["kel", "desa"],
  ["kelurahan", "desa"],
  ["kampung", "desa"],
  ["gampong", "desa"],
  ["nagari", "desa"],
  ["dapil", "dapil"],
  ["dpr", "dapil"],
  ["dpd", "dapil"],
  ["dprd", "dapil"],
]);
const SHORT_NAMES = new Map([
  ["jabar", "jawa barat"],
  ["jateng", "jawa tengah"],
  ["jatim", "jawa timur"],
  ["sumut", "sumatera utara"],
  ["sumbar", "sumatera barat"],
  ["sumsel", "sumatera selatan"],
  ["kalbar", "kalimantan barat"],
  ["kalteng", "kalimantan tengah"],
  ["kalsel", "kalimantan selatan"],
  ["kaltim", "kalimantan timur"],
  ["kaltara", "kalimantan utara"],
  ["sulut", "sulawesi utara"],
  ["sulteng", "sulawesi tengah"],
  ["sulsel", "sulawesi selatan"],
  ["sultra", "sulawesi tenggara"],
  ["sulbar", "sulawesi barat"],
  ["ntb", "nusa tenggara barat"],
  ["ntt", "nusa tenggara timur"],
  ["diy", "daerah istimewa yogyakarta"],
  ["jogja", "yogyakarta"],
  ["yogya", "yogyakarta"],
  ["kepri", "kepulauan riau"],
  ["babel", "kepulauan bangka belitung"],
  ["malut", "maluku utara"],
  ["dki", "dki jakarta"],
  ["jaksel", "jakarta selatan"],
  ["jakbar", "jakarta barat"],
  ["jaktim", "jakarta timur"],
  ["jakut", "jakarta utara"],
  ["jakpus", "jakarta pusat"],
  ["tangsel", "tangerang selatan"],
  ["kep", "kepulauan"],
  ["tg", "tanjung"],
  ["tj", "tanjung"],
  ["gn", "gunung"],
]);
// What people call a place beside its name in the law.
const ALSO = new Map([
  ["daerah khusus ibukota jakarta", "dki jakarta"],
  ["daerah khusus jakarta", "dki jakarta"],
  ["daerah istimewa yogyakarta", "di yogyakarta"],
  ["surakarta", "solo"],
  ["makassar", "ujung pandang"],
]);
const TITLES = /^(kabupaten|kota administrasi|kota|kabupaten administrasi) /;
const WEIGHT = { provinsi: 5, kabkota: 4, dapil: 2, kecamatan: 2, desa: 0 };

// Letters and digits only, in small; the old spelling and doubled letters as today's single ones.
function folded(text) {
  return text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/['’`]/g, "")
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}

const ROMAN = new Map(
  "i ii iii iv v vi vii viii ix x xi xii xiii xiv xv".split(" ").map((word, at) => [word, String(at + 1)]),
);

// What two spellings have in common: oe = u, dj = j, tj = c, doubled letters once, II = 2.
function sounded(word) {
  if (ROMAN.has(word)) return ROMAN.get(word);
  return word
    .replace(/oe/g, "u")
    .replace(/dj/g, "j")
    .replace(/tj/g, "c")
    .replace(/nj/g, "ny")
    .replace(/(\p{L})\1+/gu, "$1");
}

// Make the entries that `find` looks through: units with their names, and the dapil of some plans.
export function entriesOf(names, dapil) {
  const entries = [];
  for (const [kode, nama] of names) {
    const level = LEVELS[kode.length];
    const plain = folded(nama);
    const above = [
      kode.length > 8 && names.get(kode.slice(0, 8)),
      kode.length > 5 && names.get(kode.slice(0, 5)),
      kode.length > 2 && names.get(kode.slice(0, 2)),
    ];
    const title = level === "kabkota" ? (plain.startsWith("kota") ? "kota" : "kabupaten") : level;
    entries.push(
      entryOf(
        { kode, nama, level, title, above: above.filter(Boolean) },
        level === "kabkota" ? plain.replace(TITLES, "") : plain,
      ),
    );
  }
  for (const { id, nama_dapil, lembaga } of dapil) {
    entries.push(
      entryOf({ kode: id, nama: nama_dapil, level: "dapil", title: "dapil", lembaga, above: [] }, folded(nama_dapil)),
    );
  }
  return entries;
}

function entryOf(entry, plain) {
  const around = entry.above.map(folded).flatMap((name) => [name, ALSO.get(name) ?? ""]);
  const also = entry.level === "provinsi" || entry.level === "kabkota" ? ALSO.get(plain) : "";
  return {
    ...entry,
    plain,
    ...spelt(plain),
    around: wordsOf(around.join(" ")),
    also: also ? { plain: also, ...spelt(also), around: [] } : null,
  };
}

function spelt(plain) {
  const words = wordsOf(plain);
  return { words, joined: words.join("") };
}

function wordsOf(plain) {
  return plain.split(" ").filter(Boolean).map(sounded);
}

// The best entries for a text, best first, at most `most`.
export function find(entries, text, most = 8) {
  const typed = folded(text)
    .split(" ")
    .filter(Boolean)
    .flatMap((word) => (SHORT_NAMES.get(word) ?? word).split(" "));
  if (!typed.length || typed.join("").length < 2) return [];
  if (/^\d{2,10}$/.test(typed.join(""))) return ofCode(entries, typed.join(""), most);
  const hints = new Set(typed.filter((word) => HINTS.has(word)).map((word) => HINTS.get(word)));
  const plain = typed.filter((word) => !HINTS.has(word));
  const bare = plain.map(sounded);
  const named = typed.filter((word) => HINTS.get(word) !== "dapil"); // "kota" may be part of a name, "DPRD" is not
  const whole = named.map(sounded);
  const said = new Set([typed, plain, named].map((words) => words.join(" ")));
  const scored = [];
  for (const entry of entries) {
    let score = bare.length ? scoreOf(entry, bare) : 0;
    if (entry.also && bare.length) score = Math.max(score, scoreOf(entry.also, bare));
    if (hints.size && whole.length > bare.length) score = Math.max(score, scoreOf(entry, whole) - 1);
    if (score <= 0) continue;
    score += WEIGHT[entry.level] + (hints.has(entry.title) || hints.has(entry.level) ? 14 : 0);
    // Letter by letter, and not only as it sounds: III is not 3.
    if (said.has(entry.plain) || said.has(entry.also?.plain)) score += 3;
    if (hints.has("kota") && entry.level === "dapil" && !entry.words.includes("kota")) score -= 16;
    scored.push([score, entry]);
  }
  scored.sort(
    ([a, one], [b, other]) => b - a || one.plain.length - other.plain.length || (one.kode < other.kode ? -1 : 1),
  );
  return scored.slice(0, most).map(([, entry]) => entry);
}

// Places whose code begins so, whether it was written with dots or without.
function ofCode(entries, digits, most) {
  const codeOf = ({ kode }) => kode.replace(/\./g, "");
  return entries
    .filter((entry) => entry.level !== "dapil" && codeOf(entry).startsWith(digits))
    .sort((one, other) => one.kode.length - other.kode.length || (one.kode < other.kode ? -1 : 1))
    .slice(0, most);
}

// How well an entry answers: each word typed must be found in its name, or (one at least in the name) around it.
function scoreOf(entry, typed) {
  const joined = typed.join("");
  if (joined === entry.joined) return 100;
  let own = 0;
  let sum = 0;
  for (const word of typed) {
    const here = best(entry.words, word);
    const there = here >= 60 ? 0 : best(entry.around, word) * 0.7;
    if (!here && !there) return joinedScore(entry, joined);
    own += here >= there ? here : 0;
    sum += Math.max(here, there);
  }
  if (!own) return 0;
  const extra = Math.max(0, entry.words.length - typed.length);
  return Math.max(joinedScore(entry, joined), (sum / typed.length) * 0.9 - extra * 2);
}

function joinedScore(entry, joined) {
  if (joined.length >= 4 && entry.joined.startsWith(joined)) return 82 - (entry.joined.length - joined.length);
  const allowed = slips(joined.length);
  const far = allowed ? distanceWithin(joined, entry.joined, allowed) : Infinity;
  return far <= allowed ? 70 - 12 * far : 0;
}

function best(words, typed) {
  if (/^\d+$/.test(typed)) return words.includes(typed) ? 100 : 0;
  let found = 0;
  for (const word of words) {
    if (word === typed) return 100;
    if (typed.length >= 2 && word.startsWith(typed))
      found = Math.max(found, 88 - Math.min(8, word.length - typed.length));
    else if (found < 66 && slips(typed.length)) {
      const far = distanceWithin(typed, word, slips(typed.length));
      if (far <= slips(typed.length)) found = Math.max(found, 66 - 14 * far);
    }
  }
  return found;
}

function slips(length) {
  if (length < 4) return 0;
  return length < 7 ? 1 : 2;
}

// Damerau-Levenshtein distance (a swap of neighbours counts once), or Infinity above `most`.
function distanceWithin(one, other, most) {
  if (Math.abs(one.length - other.length) > most) return Infinity;
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
