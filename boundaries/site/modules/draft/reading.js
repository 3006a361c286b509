// A draft read from a table, as boundaries/research/own_plan.py reads it: forgiving in form, strict in content. What
// cannot be right is told with its line, [id, en] each.
import { natural } from "./shares.js";

const UNIT = ["kunci", "kodeunit", "kode", "unit", "kodewilayah", "kodedesa", "kodekelurahan", "kodekecamatan", "kodekec", "kodedistrik", "kodekabkota", "kodekabupaten", "geoid", "geoid20", "id"];
const NAME = ["namakecamatan", "kecamatan", "namadistrik", "distrik", "namakabkota", "kabkota", "kabupatenkota", "kabupaten", "namawilayah", "wilayah", "wilayahdapil", "namaunit", "nama"];
const DAPIL = ["kodedapil", "dapil", "daerahpemilihan", "district", "assignment", "namadapil", "namadaerahpemilihan", "nomordapil", "nodapil"];
const SEATS = ["kursi", "jumlahkursi", "jmlkursi", "alokasikursi", "seats"];
const TITLE_LINES = 10;
const OWN = ["id", "kodedapil", "lembaga", "wilayah"];
const TOTAL = ["jumlah", "total", "jumlahtotal", "totalkursi", "jumlahkursi", "jml"];
const MOST_BYTES = 4 << 20;
const SHOWN = 10;
const MOST_LETTERS = 200;

export class DraftError extends Error {
  constructor(problems) {
    super(problems.map(([, en]) => en).join("\n"));
    this.problems = problems;
  }
}

// What a workbook, or what else is no text, begins with: a packed one, an old one.
const WORKBOOKS = ["504b0304", "d0cf11e0"];
const SHEETS = [
  "buku kerja (Excel) tidak dibaca di halaman ini; simpan lembarnya sebagai CSV UTF-8, atau jalankan: dapil check rancangan.xlsx",
  "a workbook (Excel) is not read on this page; save its sheet as CSV UTF-8, or run: dapil check draft.xlsx",
];

// The text of a file, UTF-8 or, with its mark, UTF-16; refused where it is too long, a workbook, or neither.
export async function textOf(file) {
  const first = [...new Uint8Array(await file.slice(0, 4).arrayBuffer())].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  if (WORKBOOKS.includes(first)) throw new DraftError([SHEETS]);
  if (file.size > MOST_BYTES)
    throw new DraftError([[`${file.size} bita: terlalu besar; beri rencananya saja`, `${file.size} bytes: too large; give the plan alone`]]);
  const encoding = { fffe: "utf-16le", feff: "utf-16be" }[first.slice(0, 4)] ?? "utf-8";
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(await file.arrayBuffer());
    if (!text.includes("\0")) return text;
  } catch {
    // told below
  }
  throw new DraftError([["bukan UTF-8, bukan pula UTF-16 bertanda; simpan sebagai CSV UTF-8", "not UTF-8, nor UTF-16 with its mark; save it as CSV UTF-8"]]);
}

// A draft of a council: {names, label, seats, notes}.
export function readDraft(text, council) {
  const plain = text.replace(/^\ufeff/, "");
  const read = separators(plain).map((separator) => {
    const rows = cellsOf(plain, separator);
    const found = rows.slice(0, TITLE_LINES).findIndex((cells) => {
      const header = cells.map(compared);
      return DAPIL.some((name) => header.includes(name)) && [...UNIT, ...NAME].some((name) => header.includes(name));
    });
    return { rows, found };
  });
  const { rows, found } = read.find((each) => each.found >= 0) ?? read[0];
  const at = Math.max(found, 0);
  const header = (rows[at] ?? []).map(compared);
  const column = (names) => header.indexOf(names.find((name) => header.includes(name)));
  const [code, name, dapil, seats] = [column(UNIT), column(NAME), column(DAPIL), column(SEATS)];
  const own = OWN.every((each) => header.includes(each));
  const [unit, named] = own ? [column(["wilayah"]), true] : code < 0 ? [name, true] : [code, false];
  if (unit < 0 || dapil < 0) {
    const lacking = unit < 0 ? "kode" : "dapil";
    throw new DraftError([[`baris 1: tidak ada kolom ${lacking}; namai kolomnya kode,dapil`, `line 1: no column ${lacking}; name the columns kode,dapil`]]);
  }
  const twice = [unit, dapil, seats].map((at) => header[at]).filter((each) => each && header.indexOf(each) !== header.lastIndexOf(each));
  if (twice.length)
    throw new DraftError(twice.map((each) => [`kolom ${each} ada dua; sisakan yang dimaksud`, `twice the column ${each}; keep the one that is meant`]));
  const told = (line, cells) => {
    const shown = cells.map((cell) => cell.trim()).filter(Boolean).join(" ").slice(0, 60);
    return [`baris ${line}: "${shown}" tidak dibaca`, `line ${line}: "${shown}" not read`];
  };
  const notes = rows.slice(0, at).map((cells, n) => [n + 1, cells]).filter(([, cells]) => cells.some((cell) => cell.trim())).map(([n, cells]) => told(n, cells));
  const [lines, total] = [[], []];
  const body = rows.map((cells, n) => [n + 1, cells]).slice(at + 1).filter(([, cells]) => cells.some((cell) => cell.trim()));
  const said = (cells) => [dapil, seats].some((each) => cells[each]?.trim());
  const foot = footOf(body, unit, said);
  body.forEach(([line, cells]) => {
    if (line >= foot || !(cells[unit]?.trim() || said(cells))) notes.push(told(line, cells));
    else if (isTotal(cells, unit)) {
      notes.push(told(line, cells));
      if (cells[seats]?.trim()) total.push([line, cells[seats].trim()]);
    } else lines.push({ line, unit: cells[unit]?.trim(), dapil: cells[dapil]?.trim(), seats: cells[seats]?.trim() ?? "" });
  });
  return planOf(named ? byName(lines, council) : lines, council, notes, total);
}

function isTotal(cells, unit) {
  return ["", ...TOTAL].includes(compared(cells[unit] ?? "")) && cells.some((cell) => TOTAL.includes(compared(cell)));
}

// The first line of what stands below the last total, place, date and signatures, if nothing there gives a unit a dapil
// or seats; else none.
function footOf(body, unit, said) {
  let first = Infinity;
  for (const [line, cells] of [...body].reverse()) {
    if (isTotal(cells, unit)) return first;
    if (cells[unit]?.trim() && said(cells)) return Infinity;
    first = line;
  }
  return Infinity;
}

// A name of a column as it is compared.
function compared(cell) {
  return cell.replace(/[\s_/.-]/g, "").toLowerCase();
}

// What may part the cells, the likeliest first.
function separators(text) {
  const head = text.split(/\r?\n/).slice(0, TITLE_LINES);
  const most = (sign) => Math.max(...head.map((line) => line.split(sign).length));
  return [",", ";", "\t"].sort((one, other) => most(other) - most(one));
}

const KINDS = /^(provinsi|propinsi|prov|prop|kecamatan|kec|distrik|dist|desa|ds|kelurahan|kel|gampong|gp|nagari|nag|kampung|kp|lembang|pekon)$/;
const ALSO = { sei: "sungai", dki: "daerah khusus", dkj: "daerah khusus", di: "daerah istimewa", diy: "yogyakarta", ibukota: "", djokjakarta: "yogyakarta", jogjakarta: "yogyakarta" };

// The letters of a name, and whether it says kota or kabupaten, as boundaries/law/names.py has them.
export function letters(name) {
  const text = name.replace(/\([^)]*\)|\[[^\]]*\]/g, " ").toLowerCase().normalize("NFKD").replace(/[\u0300-\u036f'’`ʼ]/g, "");
  let words = (text.match(/[\p{L}\p{N}]+/gu) ?? []).map((word) => ALSO[word] ?? word).join(" ").split(" ").filter(Boolean);
  while (words.length > 1 && KINDS.test(words[0])) words = words.slice(1);
  let kind = "";
  if (words.length > 1 && /^(kabupaten|kab|kota)$/.test(words[0])) {
    kind = words[0] === "kota" ? "kota" : "kabupaten";
    words = words.slice(1);
    if (words.length > 1 && /^(administrasi|adm|administratif)$/.test(words[0])) words = words.slice(1);
  }
  return kind + words.join("");
}

// Lines whose units are written by name, after a code or not, several in a cell perhaps: with a code each; a name that is
// none stays.
function byName(lines, council) {
  const codes = new Map();
  for (const [code, name] of council.unit)
    for (const each of new Set([letters(name), letters(name.replace(/^(kab\.|kabupaten|kota)\s+/i, ""))]))
      codes.set(each, [...(codes.get(each) ?? []), code]);
  const alike = (part) => {
    const [, code, name] = part.match(/^(\d\d(?:\.\d\d){0,2}(?:\.\d{4})?)\s+(.+)$/s) ?? [];
    return (codes.get(letters(name ?? part)) ?? []).filter((each) => !code || each === code);
  };
  return lines.flatMap((row) => {
    const text = row.unit ?? "";
    const parts = alike(text).length ? [text] : text.split(/\s*[,;/\n]\s*|\s+dan\s+/).filter(Boolean);
    return (parts.length ? parts : [text]).map((part) => {
      const found = alike(part);
      return { ...row, unit: found.length === 1 ? found[0] : part };
    });
  });
}

function cellsOf(text, separator) {
  const rows = [[""]];
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const [sign, row] = [text[at], rows.at(-1)];
    if (quoted && sign === '"' && text[at + 1] === '"') {
      row[row.length - 1] += text[++at];
    } else if (sign === '"' && (quoted || row.at(-1) === "")) quoted = !quoted;
    else if (quoted) row[row.length - 1] += sign;
    else if (sign === separator) row.push("");
    else if (sign === "\n") rows.push([""]);
    else if (sign !== "\r") row[row.length - 1] += sign;
  }
  return rows;
}

// The codes that a spreadsheet may have made a text of, as boundaries/research/spoilt_codes.py has them.
export function codesMeant(codes, text) {
  for (const read of [sameDigits(text), dates(text)]) {
    const found = codes.filter((code) => read.includes(code));
    if (found.length) return found.sort();
  }
  return codes.filter((code) => bare(code) === bare(whole(text))).sort();
}

// A number without the decimals that it has none of.
function whole(text) {
  return /^\d{4,}\.0+$/.test(text) ? text.split(".")[0] : text;
}

function sameDigits(given) {
  let text = whole(given);
  if (/^\d{1,3}([.,]\d{3})+$/.test(text)) text = text.replace(/[.,]/g, "");
  let parts = text.split(/[^0-9]+/);
  if (parts.length === 1 && [4, 6, 10].includes(text.length))
    parts = [text.slice(0, 2), text.slice(2, 4), text.slice(4, 6), text.slice(6)].filter(Boolean);
  return /^2,2(,2(,4)?)?$/.test(parts.map((part) => part.length).join()) ? [parts.join(".")] : [];
}

// A date in each order of day, month and year that it may come from.
function dates(text) {
  const [, years, months, days] = text.match(/^(\d{4})-(\d{1,2})-(\d{1,2})([ T]00:00:00)?$/) ?? [];
  const [, one, other, last] = text.match(/^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})$/) ?? [];
  const year = Number(years ?? last);
  if (!(year >= 1930 && year < 2030)) return [];
  const read = years ? [[Number(days), Number(months)]] : [[Number(one), Number(other)], [Number(other), Number(one)]];
  const orders = read.flatMap(([day, month]) => [[day, month, year], [month, day, year], [year, month, day]]);
  return orders.map((parts) => parts.map((part) => String(part % 100).padStart(2, "0")).join("."));
}

// What is left of a code: digits without zeros at the ends of its parts.
function bare(text) {
  return text
    .split(/[^0-9]+/)
    .map((part, at, parts) => (at === parts.length - 1 && at === 1 ? part.replace(/^0+|0+$/g, "") : part.replace(/^0+/, "")))
    .join("-");
}

function isName(dapil) {
  return !/[\0-\x08\x0e-\x1f\x7f]/.test(dapil) && dapil.length <= MOST_LETTERS && /[\p{L}\p{N}]/u.test(dapil);
}

function planOf(lines, council, beside, totals) {
  const place = new Map(council.unit.map(([code], at) => [code, at]));
  const codes = council.unit.map(([code]) => code);
  const textOfUnit = (row) => (row.unit ?? "").replace(/^unit-/, "");
  const named = new Set(lines.map(textOfUnit).filter((text) => place.has(text)));
  const only = (found) => {
    const free = found.length > 1 ? found.filter((code) => !named.has(code)) : found;
    return free.length === 1 ? free[0] : null;
  };
  const [problems, notes, seen, given, spelt] = [[], [...beside], new Map(), new Map(), new Map()];
  const wrong = (line, id, en) => problems.push([`baris ${line}: ${id}`, `line ${line}: ${en}`]);
  for (const row of lines) {
    const text = textOfUnit(row);
    const code = place.has(text) ? text : only(codesMeant(codes, text));
    if (!code) {
      const finer = council.unit.some(([each]) => text.startsWith(`${each}.`));
      if (finer) wrong(row.line, `${text} adalah bagian satu ${council.tingkat}: di sini hanya yang utuh; pakai dapil check`, `${text} is part of one ${council.tingkat}: only whole ones here; use dapil check`);
      else wrong(row.line, `"${text}" bukan ${council.tingkat} di ${council.dewan} ${council.nama}`, `"${text}" is no ${council.tingkat} in ${council.dewan} ${council.nama}`);
      continue;
    }
    if (code !== text) notes.push([`baris ${row.line}: "${text}" dibaca sebagai ${code}`, `line ${row.line}: "${text}" read as ${code}`]);
    const dapil = row.dapil ?? "";
    if (!dapil) wrong(row.line, `${code} tanpa dapil; tulislah`, `${code} has no dapil; write one`);
    else if (!isName(dapil)) wrong(row.line, `dapil "${dapil.slice(0, 20)}" bukan nama; tulis dengan huruf dan angka, paling banyak ${MOST_LETTERS}`, `dapil "${dapil.slice(0, 20)}" is no name; write one of letters and digits, ${MOST_LETTERS} at most`);
    else if (/^[=+@-]/.test(dapil)) wrong(row.line, `dapil "${dapil.slice(0, 20)}" adalah rumus; tulis nilainya`, `dapil "${dapil.slice(0, 20)}" is a formula; write its value`);
    if (/^#(N\/A|[A-Z0/]+[!?])$/.test(dapil)) wrong(row.line, `dapil ${dapil} adalah galat lembar kerja; perbaiki rumusnya`, `dapil ${dapil} is a spreadsheet's error; mend its formula`);
    const plain = dapil.normalize("NFKC").toLowerCase().replace(/[\s\xad\u200b-\u200f\u2060\ufeff]/g, "");
    if ((spelt.get(plain) ?? dapil) !== dapil) wrong(row.line, `dapil "${dapil}" ditulis "${spelt.get(plain)}" di atas`, `dapil "${dapil}" is written "${spelt.get(plain)}" above`);
    spelt.set(plain, spelt.get(plain) ?? dapil);
    if (seen.has(code)) wrong(row.line, `${code} sudah ada di baris ${seen.get(code)[0]}`, `${code} stands in line ${seen.get(code)[0]} already`);
    seen.set(code, [row.line, dapil]);
    if (row.seats && !/^\d{1,3}(\.0)?$/.test(row.seats)) wrong(row.line, `kursi "${row.seats}" bukan bilangan bulat`, `kursi "${row.seats}" is no whole number`);
    else if (row.seats) {
      const seats = Math.trunc(Number(row.seats));
      if ((given.get(dapil) ?? seats) !== seats) wrong(row.line, `kursi ${dapil} ${seats} di sini, ${given.get(dapil)} di atas`, `kursi of ${dapil} is ${seats} here, ${given.get(dapil)} above`);
      given.set(dapil, given.get(dapil) ?? seats);
    }
  }
  if (!lines.length) problems.push(["tidak ada satu pun wilayah", "no unit in it"]);
  const names = [...new Set([...seen.values()].map(([, dapil]) => dapil))].sort(natural);
  const lacking = given.size ? names.filter((name) => !given.has(name)) : [];
  for (const name of lacking) problems.push([`dapil ${name} tanpa kursi; beri semua atau tidak sama sekali`, `dapil ${name} has no kursi; give all or none`]);
  const seats = given.size ? names.map((name) => given.get(name)) : null;
  const total = seats?.reduce((sum, each) => sum + each, 0);
  if (seats && !lacking.length && total !== council.kursi)
    problems.push([`jumlah kursi ${total}, dewan ini ${council.kursi}`, `the dapil have ${total} seats, the council ${council.kursi}`]);
  const sums = [total, lines.reduce((sum, row) => sum + (row.seats ? given.get(row.dapil) : 0), 0)];
  for (const [line, text] of seats && !lacking.length ? totals : [])
    if (/^\d{1,6}(\.0)?$/.test(text) && !sums.includes(Math.trunc(Number(text))))
      wrong(line, `jumlahnya menyebut ${text} kursi, dapilnya punya ${total}`, `the total says ${text} seats, the dapil have ${total}`);
  if (problems.length > SHOWN) problems.splice(SHOWN, Infinity, [`… dan ${problems.length - SHOWN} lagi`, `… and ${problems.length - SHOWN} more`]);
  if (problems.length) throw new DraftError(problems);
  const label = council.unit.map(([code]) => (seen.has(code) ? names.indexOf(seen.get(code)[1]) : -1));
  return { names, label, seats, notes };
}

// The draft as a table, a line a unit.
export function tableOf(council, plan) {
  const cell = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const head = plan.seats ? "kode,nama,dapil,kursi" : "kode,nama,dapil";
  const lines = council.unit
    .map(([code, name], at) => [code, name, plan.label[at]])
    .filter(([, , dapil]) => dapil >= 0)
    .map(([code, name, dapil]) => [code, cell(name), cell(plan.names[dapil]), ...(plan.seats ? [plan.seats[dapil]] : [])].join(","));
  return `${[head, ...lines].join("\n")}\n`;
}
