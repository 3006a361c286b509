// A draft read from a table, as boundaries/research/own_plan.py reads it: forgiving in form, strict in content. What
// cannot be right is told with its line, [id, en] each.
import { natural } from "./shares.js";

const UNIT = ["kunci", "kodeunit", "kode", "unit", "kodewilayah", "geoid", "geoid20", "id"];
const DAPIL = ["kodedapil", "dapil", "district", "assignment", "namadapil"];
const SEATS = ["kursi", "seats"];
const MOST_BYTES = 4 << 20;
const SHOWN = 10;

export class DraftError extends Error {
  constructor(problems) {
    super(problems.map(([, en]) => en).join("\n"));
    this.problems = problems;
  }
}

// The text of a file; refused where it is too long or no UTF-8.
export async function textOf(file) {
  if (file.size > MOST_BYTES)
    throw new DraftError([[`${file.size} bita: terlalu besar; beri rencananya saja`, `${file.size} bytes: too large; give the plan alone`]]);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
  } catch {
    throw new DraftError([["bukan UTF-8; simpan sebagai CSV UTF-8", "not UTF-8; save it as CSV UTF-8"]]);
  }
}

// A draft of a council: {names, label, seats, notes}.
export function readDraft(text, council) {
  const rows = cellsOf(text.replace(/^\ufeff/, ""));
  const header = (rows[0] ?? []).map((cell) => cell.replace(/[\s_-]/g, "").toLowerCase());
  const column = (names) => header.indexOf(names.find((name) => header.includes(name)));
  const [unit, dapil, seats] = [column(UNIT), column(DAPIL), column(SEATS)];
  if (unit < 0 || dapil < 0) {
    const lacking = unit < 0 ? "kode" : "dapil";
    throw new DraftError([[`baris 1: tidak ada kolom ${lacking}; namai kolomnya kode,dapil`, `line 1: no column ${lacking}; name the columns kode,dapil`]]);
  }
  const lines = rows
    .map((cells, at) => ({ line: at + 1, unit: cells[unit]?.trim(), dapil: cells[dapil]?.trim(), seats: cells[seats]?.trim() ?? "", whole: cells.some((cell) => cell.trim()) }))
    .slice(1)
    .filter(({ whole }) => whole);
  return planOf(lines, council);
}

function cellsOf(text) {
  const head = text.slice(0, text.indexOf("\n") < 0 ? text.length : text.indexOf("\n"));
  const separator = [",", ";", "\t"].reduce((best, each) => (head.split(each).length > head.split(best).length ? each : best));
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

// What is left of a code in a spreadsheet: digits without zeros at the ends of its parts.
function bare(code) {
  let text = /^\d{6,}\.0$/.test(code) ? code.slice(0, -2) : code;
  let parts = text.split(/[^0-9]+/);
  if (parts.length === 1 && [4, 6, 10].includes(text.length))
    parts = [text.slice(0, 2), text.slice(2, 4), text.slice(4, 6), text.slice(6)].filter(Boolean);
  return parts
    .map((part, at) => (at === parts.length - 1 && at === 1 ? part.replace(/^0+|0+$/g, "") : part.replace(/^0+/, "")))
    .join("-");
}

function planOf(lines, council) {
  const place = new Map(council.unit.map(([code], at) => [code, at]));
  const spoilt = new Map();
  for (const [code] of council.unit) spoilt.set(bare(code), spoilt.has(bare(code)) ? null : code);
  const [problems, notes, seen, given, spelt] = [[], [], new Map(), new Map(), new Map()];
  const wrong = (line, id, en) => problems.push([`baris ${line}: ${id}`, `line ${line}: ${en}`]);
  for (const row of lines) {
    const text = (row.unit ?? "").replace(/^unit-/, "");
    const code = place.has(text) ? text : spoilt.get(bare(text));
    if (!code) {
      const finer = council.unit.some(([each]) => text.startsWith(`${each}.`));
      if (finer) wrong(row.line, `${text} adalah bagian satu ${council.tingkat}: di sini hanya yang utuh; pakai dapil check`, `${text} is part of one ${council.tingkat}: only whole ones here; use dapil check`);
      else wrong(row.line, `"${text}" bukan ${council.tingkat} di ${council.dewan} ${council.nama}`, `"${text}" is no ${council.tingkat} in ${council.dewan} ${council.nama}`);
      continue;
    }
    if (code !== text) notes.push([`baris ${row.line}: "${text}" dibaca sebagai ${code}`, `line ${row.line}: "${text}" read as ${code}`]);
    const dapil = row.dapil ?? "";
    if (!dapil) wrong(row.line, `${code} tanpa dapil; tulislah`, `${code} has no dapil; write one`);
    if (/^[=+@]/.test(dapil)) wrong(row.line, `dapil "${dapil.slice(0, 20)}" adalah rumus; tulis nilainya`, `dapil "${dapil.slice(0, 20)}" is a formula; write its value`);
    const plain = dapil.toLowerCase().replaceAll(" ", "");
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
