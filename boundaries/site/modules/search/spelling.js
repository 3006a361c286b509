// How names of places are written and spoken: titles, short forms, old spelling. What is typed and what is looked through
// go the same way here.

// A word that may be a title, and whose.
export const HINTS = new Map([
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
]);
// Of whom a dapil elects, when that is said; DPRD may be followed by its level.
export const CHAMBERS = { dpr: ["dpr"], dpd: ["dpd"], dprd: ["dprd-provinsi", "dprd-kabkota"] };
export const DPRD_OF = { provinsi: "dprd-provinsi", kabupaten: "dprd-kabkota", kota: "dprd-kabkota" };
// Words of an official title that tell nothing more.
export const IDLE = new Set(["administrasi", "adm"]);
// What is short for something in a name.
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
export const ALSO = new Map([
  ["daerah khusus ibukota jakarta", "dki jakarta"],
  ["daerah khusus jakarta", "dki jakarta"],
  ["daerah istimewa yogyakarta", "di yogyakarta"],
  ["surakarta", "solo"],
  ["makassar", "ujung pandang"],
]);

// Letters and digits only, in small; the old spelling and doubled letters as today's single ones.
function folded(text) {
  return text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/['’‘`ʼ]/g, "")
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}

// The words of a text, with what is short for another written out: the law itself writes "Kep. Masaloka Raya".
export function spelled(text) {
  const words = folded(text).split(" ").filter(Boolean);
  return words.flatMap((word, at) => {
    const full = SHORT_NAMES.get(word)?.split(" ") ?? [word];
    return full.length > 1 && full.at(-1) === words[at + 1] ? full.slice(0, -1) : full; // "DKI Jakarta" says it already
  });
}

const ROMAN = new Map(
  "i ii iii iv v vi vii viii ix x xi xii xiii xiv xv".split(" ").map((word, at) => [word, String(at + 1)]),
);

// What two spellings have in common: oe = u, dj = j, tj = c, doubled letters once, II = 2.
export function sounded(word) {
  if (ROMAN.has(word)) return ROMAN.get(word);
  return word
    .replace(/oe/g, "u")
    .replace(/dj/g, "j")
    .replace(/tj/g, "c")
    .replace(/nj/g, "ny")
    .replace(/(\p{L})\1+/gu, "$1");
}
