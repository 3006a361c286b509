// What a theme says of a dapil or kecamatan in words: on the map, under the pointer, in tables and in files.
import { palette } from "./palette.js";
import { paintOf } from "./scales.js";
import { partyOf, themeOf } from "../state/themes.js";
import { number, percent, share, t, told } from "../state/words.js";

// The value of a theme as a person reads it; a table writes it `fully`.
export function valueText(theme, value, fully = true) {
  if (value === null || value === undefined) return "–";
  if (theme.form === "share") return fully ? share(value) : percent(value);
  if (theme.form === "points") return t("points", { n: signed(100 * value, 1) });
  if (theme.form === "signed") return signed(value, 0);
  if (theme.form === "area") return `${number(value, value < 100 ? 1 : 0)} km²`;
  return number(value);
}

function signed(value, digits) {
  const text = number(Math.abs(value), digits);
  return value > 0 ? `+${text}` : value < 0 ? `−${text}` : text;
}

// The names of the parties that lead, short.
export function leadersText(known, reading) {
  return reading.leaders.map((at) => known.results.parties[at].short).join(", ");
}

// What stands on the map under a dapil's name, "" for nothing.
export function labelText({ theme, reading }, known, row) {
  const found = reading(row);
  if (!found || theme.kind === "plain") return "";
  if (theme.kind === "party" || theme.kind === "dots") return leadersText(known, found);
  return valueText(theme, found.value, false);
}

// What the pointer is told of a dapil or kecamatan beside its name.
export function tipText(state, known, paint, row) {
  const { theme, reading } = paint;
  if (theme.kind === "plain" || theme.kind === "seats") return "";
  const found = reading(row);
  if (!found) return t("noreading");
  if (theme.id === "pemenang") return `${leadersText(known, found)}: ${t("votesof", { n: number(found.count), share: share(found.share) })}`;
  if (theme.kind !== "steps" && theme.kind !== "change") return `${leadersText(known, found)}: ${t("seats", { n: found.count })}`;
  const value = valueText(theme, found.value);
  if (theme.id === "selisih") return `${value}: ${leadersText(known, found)}`;
  if (found.then !== undefined) {
    const [then, now] = theme.form === "points" ? [share(found.then), share(found.now)] : [found.then, found.now];
    return `${value} (${then} → ${now})`;
  }
  return value;
}

// The name of a theme as a title: with its party, and its place where it is by kecamatan.
export function themeTitle(state, known) {
  const theme = themeOf(state);
  const party = theme.party && known.results ? partyOf(state, known) : null;
  const from = known.carried?.from ?? known.seatsBefore?.from ?? "";
  return t(`title.${theme.id}`, { party: party?.short ?? "", from, to: state.tahun }) + (known.unitVotes ? ` ${t("byunit")}` : "");
}

// What the figures of a theme rest on, as a line: its basis, the stations of a count, how many dapil there are of.
export function basisText(state, known) {
  const theme = themeOf(state);
  const about = aboutOf(theme, known);
  if (!about) return "";
  const parts = [basisWords(about)];
  const all = known.facts?.rows.length;
  if (about.dapil && all && about.dapil < all) parts.push(t("dapilof", { n: number(about.dapil), of: number(all) }));
  if (about.pemilu && about.pemilu !== state.lembaga) parts.push(t("turnoutof", { chamber: t(about.pemilu) }));
  if (known.carried && theme.needs === "carried") parts.push(t("carriedhow", { how: told(known.carried.weight) }));
  return parts.join("; ");
}

// What a theme's figures are told of: a part of the results, or the votes by kecamatan with the stations of the province.
export function aboutOf(theme, known) {
  if (known.unitVotes) {
    const sum = (column) => known.unitVotes.rows.reduce((all, row) => all + (row[column] ?? 0), 0);
    return { ...known.unitVotes, tps: sum("tps"), tps_terhitung: sum("tps_terhitung") };
  }
  return known.results?.[theme.needs === "carried" ? "votes" : theme.needs] ?? null;
}

// What a figure rests on, in words; a count says so, with the share of its polling stations.
export function basisWords({ basis, tps, tps_terhitung: counted }) {
  const first = basis.split("; ")[0];
  if (first !== "count") return t(`basis.${first}`);
  return tps ? t("basis.count", { share: share(counted / tps) }) : t("basis.countonly");
}

// The paint of a state for its dapil, and for the kecamatan of its province (null where they are not drawn).
export function themePaint(state, known, dark) {
  if (known.unitVotes) return paintOf(state, known, known.unitVotes.rows, dark);
  return paintOf(state, known, known.facts.rows, dark);
}

// Steps of a theme as the legend tells them: [colour, words]; parties by how often they lead in `rows`.
export function themeEntries(state, known, rows, dark) {
  const paint = themePaint(state, known, dark);
  const { theme, reading, steps, shades } = paint;
  const read = rows.map(reading);
  const colours = palette(dark);
  const none = read.some((found) => !found) ? [[colours.land, t("noreading"), "area"]] : [];
  if (theme.kind === "plain") return { title: "", items: [[colours.fills[state.lembaga][1], t("plainkey"), "area"]] };
  if (theme.kind === "party" || theme.kind === "dots") {
    const counts = new Map();
    for (const found of read) if (found) counts.set(found.value, (counts.get(found.value) ?? 0) + (theme.kind === "dots" ? 0 : 1));
    if (theme.kind === "dots")
      for (const row of rows) {
        const own = known.results.byCode.get(row.kode_dapil)?.kursi ?? [];
        own.forEach((count, at) => count && counts.set(at, (counts.get(at) ?? 0) + count));
      }
    const order = [...counts].sort(([one, many], [other, more]) => more - many || one - other);
    const items = order.map(([at, many]) => [shades[at], `${known.results.parties[at].short} ${number(many)}`, theme.kind === "dots" ? "dot" : "area"]);
    return { title: themeTitle(state, known), items: [...items, ...none] };
  }
  const items = steps.map((step, at) => [shades[at], stepWords(theme, step), "area"]);
  return { title: themeTitle(state, known), items: [...items, ...none] };
}

function stepWords(theme, [from, to]) {
  if (theme.form === "whole") return to - from === 1 ? number(from) : `${number(from)}–${number(to - 1)}`;
  if (theme.form === "signed") return from === -Infinity ? `≤ −2` : to === Infinity ? "≥ +2" : signed(from, 0);
  if (from === -Infinity) return `< ${valueText(theme, to)}`;
  if (to === Infinity) return `≥ ${valueText(theme, from)}`;
  if (theme.form === "points") return `${signed(100 * from, 0)}…${signed(100 * to, 0)}`;
  if (theme.form === "share") return `${number(100 * from, 1)}–${number(100 * to, 1)}%`;
  return `${valueText(theme, from).replace(" km²", "")}–${valueText(theme, to)}`;
}
