// What the page says, in both languages. Numbers and days follow the language.
import { RESULT_WORDS } from "./resultwords.js";

const WORDS = {
  ...RESULT_WORDS,
  title: ["Peta dapil", "Map of dapil"],
  dpr: ["DPR RI", "DPR RI"],
  dpd: ["DPD RI", "DPD RI"],
  "dprd-provinsi": ["DPRD provinsi", "DPRD provinsi"],
  "dprd-kabkota": ["DPRD kabupaten/kota", "DPRD kabupaten/kota"],
  "short.dpr": ["DPR", "DPR"],
  "short.dpd": ["DPD", "DPD"],
  "short.dprd-provinsi": ["DPRD Prov", "DPRD Prov"],
  "short.dprd-kabkota": ["DPRD Kab/Kota", "DPRD Kab/Kota"],
  "explain.dpr": ["Dewan Perwakilan Rakyat", "the national parliament"],
  "explain.dpd": [
    "Dewan Perwakilan Daerah: empat anggota setiap provinsi",
    "the regional senate: four members a province",
  ],
  "explain.dprd-provinsi": ["parlemen provinsi", "the provincial parliament"],
  "explain.dprd-kabkota": ["parlemen kabupaten atau kota", "the parliament of a kabupaten or kota"],
  year: ["Pemilu", "Election"],
  tableonly: ["{year} tabel", "{year} table"],
  province: ["Provinsi", "Province"],
  kabkota: ["Kabupaten/kota", "Kabupaten/kota"],
  nation: ["Indonesia", "Indonesia"],
  allprovinces: ["Seluruh Indonesia", "All of Indonesia"],
  allkabkota: ["Semua kabupaten/kota", "All kabupaten/kota"],
  compare: ["Bandingkan dengan", "Compare with"],
  nocompare: ["Tidak dibandingkan", "No comparison"],
  view: ["Tampilan", "View"],
  area: ["Peta", "Map"],
  seatview: ["Lingkaran", "Circles"],
  search: ["Cari desa, kecamatan, kabupaten, atau dapil", "Find a desa, kecamatan, kabupaten or dapil"],
  searchnone: [
    "Tidak ditemukan. Periksa ejaannya, terutama huruf pertamanya, atau coba nama kecamatan.",
    "Nothing found. Check the spelling, of the first letter above all, or try the name of a kecamatan.",
  ],
  searchfound: ["{n} hasil. Pilih dengan panah atas dan bawah.", "{n} results. Choose with the up and down arrows."],
  nodesa: ["Nama desa tidak dapat dimuat.", "Names of desa could not be loaded."],
  searching: ["Memuat daftar tempat…", "Loading the list of places…"],
  herewait: ["Mencari posisi…", "Looking for your position…"],
  herefail: [
    "Posisi tidak dapat diperoleh. Izinkan peramban memakai lokasi, atau cari nama tempat Anda.",
    "Your position could not be had. Allow the browser to use it, or type your place.",
  ],
  hereprivate: [
    "Posisi Anda dihitung di perangkat ini dan tidak dikirim ke mana pun.",
    "Your position is worked out on this device and sent nowhere.",
  ],
  hereaccuracy: ["Posisi perangkat ini teliti sekitar ±{m}.", "The position of this device is good to about ±{m}."],
  tapaccuracy: [
    "Pada perbesaran ini ketukan Anda teliti sekitar ±{m}; perbesar peta untuk lebih pasti.",
    "At this zoom your tap is good to about ±{m}; zoom in to be surer.",
  ],
  point: ["Titik {lat}, {lon}", "Point {lat}, {lon}"],
  yourplace: ["Posisi Anda", "Your position"],
  looking: ["Menghitung dapil di titik ini…", "Working out the dapil at this point…"],
  atsea: [
    "Di laut, {m} dari daratan terdekat ({place}). Dapil daratan itu yang ditampilkan.",
    "At sea, {m} off the nearest land ({place}). The dapil of that land are shown.",
  ],
  toofar: [
    "Terlalu jauh dari wilayah Indonesia: daratan terdekat, {place}, berjarak {m}.",
    "Too far from Indonesia: its nearest land, {place}, is {m} away.",
  ],
  nearborder: [
    "Dekat batas: {m} dari {place}.",
    "Near a border: {m} from {place}.",
  ],
  sure: [
    "Di peta ini: dalam {m}, sejauh garis bisa meleset di sini, tidak ada dapil lain.",
    "On this map: within {m}, as far as lines can be wrong here, there is no other dapil.",
  ],
  mayalso: ["Garis di sini bisa meleset {m}: mungkin juga", "Lines can be {m} wrong here: it may as well be"],
  undrawnhere: [
    "Tanah ini tidak digambar peta dasar (danau, atau wilayah yang tidak ada di sana). Dapil wilayah terdekat yang ditampilkan; yang mungkin juga adalah semua di sekelilingnya.",
    "The base map does not draw this ground (a lake, or a unit that it lacks). Shown is the dapil of the nearest unit; it may be any of those around.",
  ],
  several: ["{n} dapil", "{n} dapil"],
  nodapil: ["Tidak ada dapil di sini.", "No dapil here."],
  notintable: ["Tidak ada dalam tabel ini.", "Not in this table."],
  notinyear: ["Rilis ini tidak memuat {chamber} tahun {year}.", "This release has no {chamber} of {year}."],
  nocomposition: [
    "Hanya nama dan jumlah kursi yang diketahui; susunan wilayahnya tidak.",
    "Only names and seats are known; which units make them up is not.",
  ],
  excluded: ["Wilayah ini tidak memilih {chamber}.", "This territory elects no {chamber}."],
  seats: ["{n} kursi", "{n} seats"],
  "seats.1": ["{n} kursi", "{n} seat"],
  dapils: ["{n} dapil", "{n} dapil"],
  seat: ["Kursi", "Seats"],
  population: ["Penduduk", "Population"],
  perseat: ["Penduduk per kursi", "Population per seat"],
  unknown: ["tidak diketahui", "not known"],
  members: ["Wilayah", "Made up of"],
  membersn: ["{n} wilayah", "{n} units"],
  land: ["Luas", "Area"],
  law: ["Dasar hukum", "Legal basis"],
  force: ["Berlaku", "In force"],
  until: ["{from} sampai sebelum {to}", "{from} until before {to}"],
  since: ["sejak {from}", "since {from}"],
  doubt: ["Yang diragukan", "In doubt"],
  doubtful: ["diragukan", "in doubt"],
  notes: ["Yang perlu diketahui", "Good to know"],
  sources: ["Sumber susunan dapil", "Sources of the composition"],
  source: ["Peta dasar", "Base map"],
  licence: ["Lisensi", "Licence"],
  release: ["Rilis", "Release"],
  closed: [
    "Bukan data terbuka: peta dasarnya tidak boleh disebarkan tanpa izin.",
    "Not open data: the base map may not be passed on without leave.",
  ],
  download: ["Unduh", "Download"],
  downloadall: ["Semua berkas rilis ini", "All files of this release"],
  dltopo: ["TopoJSON {name}", "TopoJSON {name}"],
  ownpage: ["Halaman dapil ini", "The page of this dapil"],
  inapi: ["Halaman data dapil ini", "Data page of this dapil"],
  incollection: ["Koleksi OGC: {name}", "OGC collection: {name}"],
  back: ["Kembali ke {place}", "Back to {place}"],
  showon: ["Lihat di peta", "Show on the map"],
  list: ["Daftar", "List"],
  listof: ["Dapil {chamber} {year}", "Dapil of {chamber} {year}"],
  nomap: [
    "Susunan wilayah dapil ini tidak diketahui, jadi tidak dapat digambar. Nama dan kursinya ada di daftar.",
    "Which units make up these dapil is not known, so they cannot be drawn. Their names and seats are in the list.",
  ],
  legend: ["Kursi per dapil", "Seats per dapil"],
  legendseats: ["Satu titik = satu kursi", "One dot = one seat"],
  legendarea: ["Luas lingkaran = jumlah kursi", "Size of a circle = seats"],
  legendfine: [
    "Luas lingkaran = jumlah kursi; perbesar peta untuk melihat tiap kursi",
    "Size of a circle = seats; zoom in to see each seat",
  ],
  legendold: ["Batas {year}", "Border of {year}"],
  legendchanged: ["Dapil yang berubah", "Dapil that changed"],
  legendsame: ["Wilayah tetap", "Same ground"],
  legendmoved: ["Wilayah yang pindah dapil", "Ground that changed dapil"],
  legendrest: ["{n} lagi", "{n} more"],
  legendword: ["Legenda", "Legend"],
  legendnone: ["Tidak ada dapil", "No dapil"],
  legendundrawn: ["Tidak digambar peta dasar", "Not drawn by the base map"],
  comparesum: [
    "{changed} dapil berubah, {same} tetap sama wilayahnya.",
    "{changed} dapil changed, {same} kept the same ground.",
  ],
  comparemoved: ["Yang pindah dapil ({n})", "Units that changed dapil ({n})"],
  comparechanged: ["Dapil yang berubah ({n})", "Dapil that changed ({n})"],
  comparegone: ["Dapil {year} yang tidak ada lagi ({n})", "Dapil of {year} that are no more ({n})"],
  comparenamed: ["Hanya nama atau kode yang berubah ({n})", "Only the name or code changed ({n})"],
  ledger: ["Apa jadinya tiap dapil", "What became of each dapil"],
  "ledger.tetap": ["Wilayah dan kode tetap ({n})", "Same ground and code ({n})"],
  "ledger.ganti-kode": ["Wilayah tetap, kode baru ({n})", "Same ground, new code ({n})"],
  "ledger.tambah": ["Bertambah wilayah ({n})", "Gained ground ({n})"],
  "ledger.kurang": ["Berkurang wilayah ({n})", "Lost ground ({n})"],
  "ledger.tukar": ["Bertukar wilayah ({n})", "Gained and lost ground ({n})"],
  "ledger.pecah": ["Pecah menjadi beberapa ({n})", "Split into several ({n})"],
  "ledger.gabung": ["Beberapa menjadi satu ({n})", "Merged from several ({n})"],
  "ledger.baru": ["Baru: tadinya tanpa dapil ({n})", "New: on ground that had none ({n})"],
  "ledger.hapus": ["Tidak ada lagi ({n})", "No more ({n})"],
  ledgershare: ["{area} luas dan {stations} TPS dapil lama", "{area} of the old one's area, {stations} of its polling stations"],
  ledgerarea: ["{area} luas dapil lama", "{area} of the old one's area"],
  movedpeople: ["{n} penduduk", "{n} people"],
  movedpeoplesum: [
    "{n} penduduk (2023) di {known} dari {all} wilayah yang pindah; selebihnya tidak diketahui.",
    "{n} people (2023) in {known} of the {all} units that moved; of the others they are not known.",
  ],
  comparecounts: ["{dapil} dapil berubah · {units} wilayah pindah", "{dapil} dapil changed · {units} units moved"],
  compareprovs: ["Menurut provinsi", "By province"],
  comparenone: ["Tidak ada yang berubah di sini.", "Nothing changed here."],
  compareprov: [
    "Pilih provinsi untuk melihat wilayah yang pindah di peta.",
    "Choose a province to see on the map what moved.",
  ],
  thennow: ["{then} → {now} kursi", "{then} → {now} seats"],
  newdapil: ["baru", "new"],
  sameground: ["wilayah sama", "same ground"],
  movedfrom: ["dari {from} ke {to}", "from {from} to {to}"],
  shareof: ["{share} dari {name}", "{share} from {name}"],
  showpart: ["Tampilkan {n} lagi", "Show {n} more"],
  showmore: ["Tampilkan semua ({n})", "Show all ({n})"],
  east: ["{n}° BT", "{n}° E"],
  west: ["{n}° BB", "{n}° W"],
  north: ["{n}° LU", "{n}° N"],
  south: ["{n}° LS", "{n}° S"],
  zoomin: ["Perbesar", "Zoom in"],
  zoomout: ["Perkecil", "Zoom out"],
  whole: ["Seluruh wilayah", "Whole view"],
  maplabel: [
    "Peta {what}. Daftar di sebelahnya memuat isi yang sama.",
    "Map: {what}. The list beside it holds the same.",
  ],
  share: ["Bagikan", "Share"],
  sharetitle: ["Bagikan tampilan ini", "Share this view"],
  link: ["Tautan", "Link"],
  copy: ["Salin", "Copy"],
  copied: ["Tersalin", "Copied"],
  embed: ["Sematkan di halaman Anda", "Embed in your page"],
  embedtitle: ["Judul", "Title"],
  embedwidth: ["Lebar (piksel)", "Width (pixels)"],
  embedheight: ["Tinggi (piksel)", "Height (pixels)"],
  embedauto: ["otomatis", "automatic"],
  embedlist: ["Dengan daftar", "With the list"],
  embedtrial: ["Coba dahulu", "Try it"],
  language: ["Bahasa", "Language"],
  colours: ["Warna", "Colours"],
  "colours.auto": ["Ikut perangkat pembaca", "As the reader's device likes"],
  "colours.terang": ["Terang", "Light"],
  "colours.gelap": ["Gelap", "Dark"],
  send: ["Kirim…", "Send…"],
  save: ["Simpan gambar", "Save picture"],
  savepng: ["PNG (untuk media sosial)", "PNG (for social media)"],
  savesvg: ["SVG (untuk percetakan dan desain)", "SVG (for print and design)"],
  print: ["Cetak", "Print"],
  close: ["Tutup", "Close"],
  full: ["Peta lengkap", "Full map"],
  loading: ["Memuat peta…", "Loading the map…"],
  beingmade: ["Peta ini sedang dibuat di server; tunggu sebentar…", "The server is still making this map; wait a moment…"],
  failed: ["{what} tidak dapat dimuat.", "{what} could not be loaded."],
  offline: [
    "Anda sedang luring, dan bagian ini belum pernah dibuka.",
    "You are offline, and this part was not opened before.",
  ],
  nodata: [
    "Rilis ini belum mempunyai berkas peta. Pengelola dapat membuatnya dengan: dapil export --all",
    "This release has no map files yet. Whoever runs the service can make them with: dapil export --all",
  ],
  again: ["Coba lagi", "Try again"],
  nopoint: [
    "“{text}” bukan titik. Tulis lintang lalu bujur, dalam derajat: titik=-6.9,107.6.",
    "“{text}” is no point. Write latitude, then longitude, in degrees: titik=-6.9,107.6.",
  ],
  changedto: [
    "{chamber} tidak ada untuk pemilu itu; ditampilkan {year}.",
    "There is no {chamber} of that election; {year} is shown.",
  ],
  nosuchhint: [
    "Mungkin kodenya dari rilis lain. Silakan cari nama tempatnya.",
    "Its code may be from another release. Please search for the name of the place.",
  ],
  nosuch: ["{name} tidak ada dalam rilis ini.", "{name} is not in this release."],
  "level.2": ["Provinsi", "Province"],
  "level.5": ["Kabupaten/kota", "Kabupaten/kota"],
  "level.8": ["Kecamatan", "Kecamatan"],
  "level.13": ["Desa/kelurahan", "Desa/kelurahan"],
  "level.abroad": ["Luar negeri", "Abroad"],
  "level.dapil": ["Dapil {chamber}", "Dapil of {chamber}"],
  caution: [
    "Bukan batas resmi: diturunkan dari undang-undang dan peta dasar.",
    "Not official boundaries: derived from the law and a base map.",
  ],
};

let tongueAt = 0;
let tongueName = "id";

// Speak `language`: "id" or "en".
export function speak(language) {
  tongueName = language === "en" ? "en" : "id";
  tongueAt = tongueName === "en" ? 1 : 0;
}

export function language() {
  return tongueName;
}

// The words of a key, with {places} filled. An unknown key is an error of ours and says so.
export function t(key, values = {}) {
  const pair = WORDS[key];
  if (!pair) throw new Error(`no words for ${key}`);
  return pair[tongueAt].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

export function seatsText(count) {
  return t(count === 1 ? "seats.1" : "seats", { n: number(count) });
}

const FORMS = new Map(); // what writes numbers; to make one takes longer than to use it a hundred times

function form(options) {
  const key = `${tongueName} ${Object.values(options)}`;
  if (!FORMS.has(key)) FORMS.set(key, new Intl.NumberFormat(tongueName, options));
  return FORMS.get(key);
}

export function number(value, digits = 0) {
  return form({ maximumFractionDigits: digits }).format(value);
}

export function percent(share) {
  return form({ style: "percent", maximumFractionDigits: share < 0.01 ? 1 : 0 }).format(share);
}

// A share to a tenth of a hundredth.
export function share(value) {
  return form({ style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(value);
}

export function day(iso) {
  const [year, month, date] = iso.split("-").map(Number);
  return new Intl.DateTimeFormat(tongueName, { dateStyle: "long", timeZone: "UTC" }).format(
    Date.UTC(year, month - 1, date),
  );
}

// Metres as a person says them: 24 m, 1.2 km, 340 km. What is rounded to a kilometre is one.
export function distance(metres) {
  if (Math.round(metres) < 1000) return `${number(metres, metres < 10 ? 1 : 0)} m`;
  return `${number(metres / 1000, metres < 10000 ? 1 : 0)} km`;
}

// One language of {id, en}, or of a plain text.
export function told(text) {
  return text && typeof text === "object" ? (text[tongueName] ?? text.id ?? "") : (text ?? "");
}

const KEPT_UPPER = new Set(["DKI", "DI"]);

// A name that the law writes in capitals, as a person writes it: JAWA BARAT III → Jawa Barat III.
export function nice(name) {
  if (name !== name.toUpperCase()) return name;
  return name.replace(/[\p{L}'’]+/gu, (word) => {
    if (KEPT_UPPER.has(word) || /^[IVX]+$/.test(word)) return word;
    return word[0] + word.slice(1).toLowerCase();
  });
}
