// The table beside the map: what the colours tell, as numbers and names, to be sorted and taken along as CSV.
import { el, handOver } from "../draw/dom.js";
import { inFocus } from "../draw/scene.js";
import { aboutOf, basisText, leadersText, themePaint, themeTitle, valueText } from "../draw/themetext.js";
import { themeOf } from "../state/themes.js";
import { nice, number, share, t } from "../state/words.js";
import { whereName } from "./where.js";

const [MOST, PART] = [100, 200]; // rows before a button for more, and how many more
const COLLATOR = new Intl.Collator("id", { numeric: true });

// The part of the panel for a theme, [] for the theme of seats, whose list tells it; null while kecamatan are on their way.
export function themePart(app) {
  const { state, known } = app;
  if (state.banding || themeOf(state).kind === "seats" || themeOf(state).kind === "plain") return [];
  const found = tableOf(app);
  return [
    el("h3", { class: "themetitle" }, themeTitle(state, known)),
    el("p", { class: isCount(state, known) ? "note" : "soft small" }, basisText(state, known)),
    tableElement(app, found),
    csvButton(app, found),
  ];
}

function isCount(state, known) {
  return (aboutOf(themeOf(state), known)?.basis ?? "").startsWith("count");
}

// {columns, rows}: a column is {key, title, text(row), value(row)}; rows are the dapil or kecamatan that are looked at.
export function tableOf(app) {
  const { state, known } = app;
  const paint = themePaint(state, known);
  const columns = [...(known.unitVotes ? unitColumns(known) : dapilColumns()), ...themeColumns(state, known, paint)];
  const rows = known.unitVotes
    ? known.unitVotes.rows.filter(({ kode }) => !state.kab || kode.startsWith(`${state.kab}.`))
    : known.facts.rows.filter((row) => inFocus(state, row));
  return { columns, rows };
}

function dapilColumns() {
  return [{ key: "nama_dapil", title: t("dapilhead"), text: (row) => nice(row.nama_dapil), value: (row) => row.nama_dapil }];
}

function unitColumns({ units }) {
  const names = new Map((units?.features ?? []).map(({ id, properties }) => [id, properties.nama]));
  const name = ({ kode }) => names.get(kode) ?? names.get([...names.keys()].find((each) => each.startsWith(kode))) ?? kode;
  return [{ key: "nama", title: t("unithead"), text: name, value: name }];
}

// The columns of a theme beside the name.
function themeColumns(state, known, { theme, reading }) {
  const read = (pick) => (row) => {
    const found = reading(row);
    return found ? pick(found) : null;
  };
  const column = (key, title, pick, text = (value) => value) => ({
    key,
    title,
    number: true,
    value: read(pick),
    text: (row) => {
      const value = read(pick)(row);
      return value === null || value === undefined ? "–" : text(value);
    },
  });
  const result = (row) => (row.suara ? row : known.results?.byCode.get(row.kode_dapil));
  const station = {
    key: "tps_persen",
    title: t("stationhead"),
    number: true,
    value: (row) => (result(row)?.tps ? result(row).tps_terhitung / result(row).tps : null),
    text: (row) => (result(row)?.tps ? share(result(row).tps_terhitung / result(row).tps) : "–"),
  };
  const counted = theme.needs === "votes" && isCount(state, known) ? [station] : [];
  const leader = { ...column("partai", t("party"), (found) => leadersText(known, found)), number: false };
  if (theme.kind === "party" || theme.kind === "dots") {
    if (theme.needs === "seats")
      return [leader, column("kursi_partai", t("seat"), (found) => found.count), { ...seatsColumn(known), number: false }];
    return [leader, column("bagian", t("sharehead"), (found) => found.share, share), column("suara", t("votes"), (found) => found.count, number), ...counted];
  }
  const inPoints = theme.form === "points";
  const written = (value) => valueText(theme, value).replace(inPoints ? / \D+$/ : /^$/, "");
  const main = column(theme.id.replace("-", "_"), t(inPoints ? "pointshead" : "valuehead"), (found) => found.value, written);
  if (theme.id === "selisih") return [leader, main, column("selisih_suara", t("votehead"), (found) => found.votes, number), ...counted];
  if (theme.id === "suara-partai") return [main, column("suara", t("votehead"), (found) => found.votes, number), ...counted];
  if (theme.kind === "change") {
    const text = theme.form === "points" ? share : number;
    const [from, to] = [known.carried?.from ?? known.seatsBefore?.from, state.tahun];
    const both = [column(`tahun_${from}`, t("thenhead", { year: from }), (found) => found.then, text), column(`tahun_${to}`, t("thenhead", { year: to }), (found) => found.now, text)];
    return [main, ...both, ...(known.carried ? [column("bagian_pasti", t("exacthead"), (found) => found.exact, share)] : [])];
  }
  return [main];
}

// Seats of all parties in one cell.
function seatsColumn(known) {
  const text = (row) => seatsByParty(known, row);
  return { key: "kursi_tiap_partai", title: t("theme.titik").replace(/ \(.*/, ""), value: text, text };
}

function seatsByParty({ results }, row) {
  const won = results.byCode.get(row.kode_dapil)?.kursi ?? [];
  return won
    .map((count, at) => [count, results.parties[at].short])
    .filter(([count]) => count)
    .sort(([one], [other]) => other - one)
    .map(([count, party]) => `${party} ${count}`)
    .join(", ");
}

function tableElement(app, { columns, rows }) {
  const { state, known } = app;
  const body = el("tbody");
  const heads = columns.map((column) => el("th", { scope: "col", class: column.number ? "number" : null }));
  const table = el(
    "table",
    { class: "themetable" },
    el("caption", { class: "unseen" }, t("tablecaption", { title: themeTitle(state, known), where: whereName(app) })),
    el("thead", {}, el("tr", {}, heads)),
    body,
  );
  let order = { at: columns.length > 1 ? columns.findIndex((column) => column.number) : 0, down: true };
  let shown = MOST;
  let sorted = rows;
  const made = (from) => sorted.slice(from, shown).map((row) => rowElement(app, columns, row));
  const show = () => {
    sorted = sortedBy(rows, columns[order.at], order.down);
    body.replaceChildren(...made(0));
    heads.forEach((head, at) => head.setAttribute("aria-sort", at !== order.at ? "none" : order.down ? "descending" : "ascending"));
  };
  heads.forEach((head, at) => {
    const sort = () => {
      order = { at, down: at === order.at ? !order.down : Boolean(columns[at].number) };
      show();
    };
    head.append(el("button", { type: "button", class: "sort", onclick: sort }, columns[at].title));
  });
  show();
  const rest = el(
    "button",
    {
      type: "button",
      class: "quiet",
      "data-rest": true,
      hidden: rows.length <= MOST,
      // A table of thousands of rows takes a device seconds to lay out: a person has it by parts, paper as a whole.
      onclick: ({ isTrusted }) => {
        const from = shown;
        shown = isTrusted ? shown + PART : rows.length;
        body.append(...made(from));
        more();
      },
    },
  );
  const more = () => {
    const left = rows.length - shown;
    rest.hidden = left <= 0;
    rest.textContent = left > PART ? t("showpart", { n: number(PART) }) : t("showmore", { n: number(rows.length) });
  };
  more();
  return [el("div", { class: "tablebox", tabindex: "0", role: "region", "aria-label": themeTitle(state, known) }, table), rest];
}

// Rows by a column; those without a figure last, whichever way.
export function sortedBy(rows, { value }, down) {
  const read = rows.map((row) => [value(row), row]); // once a row: what is read of it takes a while
  const known = read.filter(([own]) => own !== null && own !== undefined);
  const none = read.filter(([own]) => own === null || own === undefined);
  const compare = (one, other) => (typeof one === "string" ? COLLATOR.compare(one, other) : one - other);
  known.sort(([one], [other]) => (down ? -1 : 1) * compare(one, other));
  return [...known, ...none].map(([, row]) => row);
}

function rowElement(app, columns, row) {
  const [name, ...others] = columns;
  const act = row.kode
    ? () => app.go({ unit: row.kode, dapil: "", titik: null }, { focus: true, zoomUnit: true })
    : () => app.go({ dapil: row.id, unit: "", titik: null }, { focus: true, zoom: row.bbox });
  const point = (on) => !row.kode && app.point(on ? row.id : "");
  const button = el("button", { type: "button", class: "link", onclick: act, onfocus: () => point(true), onblur: () => point(false) }, name.text(row));
  return el(
    "tr",
    { onpointerenter: () => point(true), onpointerleave: () => point(false) },
    el("th", { scope: "row" }, button),
    others.map((column) => el("td", { class: column.number ? "number" : null }, String(column.text(row)))),
  );
}

function csvButton(app, found) {
  return el(
    "button",
    { type: "button", class: "quiet csv", title: t("csvof"), onclick: () => handOver(csvFile(app, found), `${fileName(app)}.csv`) },
    t("csv"),
  );
}

function fileName({ state }) {
  return ["peta-dapil", state.lembaga, state.tahun, state.kab || state.prov, state.tema, state.partai, state.rinci && "kecamatan"]
    .filter(Boolean)
    .join("-");
}

// The table as a file: ids and codes as text, figures unrounded, and what they rest on in every row.
export function csvText(app, { columns, rows }) {
  const { state, known } = app;
  const about = aboutOf(themeOf(state), known) ?? { basis: "", tabel: "" };
  const own = known.unitVotes ? ["kode"] : ["id", "kode_dapil", "kursi"];
  const keys = [...own, ...columns.map(({ key }) => key), "basis", "tabel", "rilis"];
  const lines = rows.map((row) => [
    ...own.map((key) => row[key]),
    ...columns.map((column) => column.value(row)),
    about.basis ?? "",
    about.tabel ?? "",
    known.index.release,
  ]);
  return [keys, ...lines].map((line) => line.map(cell).join(",")).join("\r\n") + "\r\n";
}

function csvFile(app, found) {
  return new Blob(["\ufeff", csvText(app, found)], { type: "text/csv" });
}

function cell(value) {
  if (value === null || value === undefined) return "";
  const text = typeof value === "number" ? String(Number(value.toPrecision(12))) : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
