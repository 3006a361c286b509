// The panel of two elections: what changed, what moved, seats then and now.
import { foldedBox, longList, rowButton } from "./cards.js";
import { el } from "../draw/dom.js";
import { inFocus } from "../draw/scene.js";
import { backTo, compareChoice, whereName } from "./where.js";
import { nice, number, percent, seatsText, t, told } from "../state/words.js";

// The panel's part for a state with an election to compare with.
export function comparePart(app) {
  const { state, known } = app;
  const { comparison, olderFacts: older } = known;
  const back = state.prov
    ? backTo(app, { prov: "", kab: "" })
    : { place: `${t(state.lembaga)} ${state.tahun}`, changes: { banding: 0 } };
  const title = `${whereName(app)}: ${state.banding} → ${state.tahun}`;
  if (!comparison || !older) return { title, lead: t("loading"), back, body: [compareChoice(app)] };
  const here = ({ id }) => inFocus(state, known.facts.byId.get(id) ?? older.byId.get(id) ?? {});
  const units = comparison.units.filter(({ kode }) => kode.startsWith(state.kab || state.prov));
  const dapil = comparison.dapil.filter(here);
  const ground = dapil.filter((each) => !each.same_ground);
  const seats = dapil.filter((each) => each.same_ground && each.kursi_then !== each.kursi_now);
  const named = dapil.filter((each) => each.same_ground && each.kursi_then === each.kursi_now);
  const gone = comparison.gone.filter(here);
  const total = known.facts.rows.filter((row) => inFocus(state, row)).length;
  const many = !state.prov && ground.length + seats.length > MANY;
  const renamed = named.length
    ? foldedBox(
        t("comparenamed", { n: number(named.length) }),
        longList(
          named.map((each) => () => changedRow(app, each)),
          40,
        ),
      )
    : null;
  return {
    title,
    lead: t("comparesum", { changed: number(ground.length), same: number(total - ground.length) }),
    back,
    body: [
      compareChoice(app),
      ground.length + seats.length + units.length + gone.length ? null : el("p", { class: "note" }, t("comparenone")),
      comparison.riwayat ? ledgerPart(app, comparison.riwayat, here) : null,
      many
        ? provincesChanged(app, [...ground, ...seats], units)
        : [
            section(t("comparechanged", { n: number(ground.length + seats.length) }), [...ground, ...seats], (each) =>
              changedRow(app, each),
            ),
            state.prov || !units.length ? null : el("p", { class: "soft small" }, t("compareprov")),
            section(t("comparemoved", { n: number(units.length) }), units, (each) => movedRow(app, each)),
            movedPeople(units),
            section(t("comparegone", { year: state.banding, n: number(gone.length) }), gone, (each) =>
              goneRow(app, each),
            ),
            renamed,
          ],
      ground.length + units.length ? el("p", { class: "soft small" }, told(comparison.measure)) : null,
    ],
  };
}

// The release's ledger: a fold for each kind, with what of the old dapil went where.
const KINDS = ["ganti-kode", "tambah", "kurang", "tukar", "pecah", "gabung", "baru", "hapus"];

function ledgerPart(app, ledger, here) {
  const rows = ledger.filter(([old, now]) => here({ id: now ?? old }));
  const changed = new Set(rows.map(([, now]) => now));
  const stayed = app.known.facts.rows.filter((row) => here(row) && !changed.has(row.id)).length;
  return el(
    "section",
    {},
    el("h3", {}, t("ledger")),
    stayed ? el("p", { class: "small" }, t("ledger.tetap", { n: number(stayed) })) : null,
    KINDS.map((kind) => {
      const own = rows.filter((row) => row[2] === kind);
      if (!own.length) return null;
      return foldedBox(
        t(`ledger.${kind}`, { n: number(own.length) }),
        longList(
          own.map((row) => () => ledgerRow(app, row)),
          40,
        ),
      );
    }),
  );
}

function ledgerRow(app, [old, now, , area, stations]) {
  const { facts, olderFacts } = app.known;
  const [then, row] = [olderFacts.byId.get(old), facts.byId.get(now)];
  const seats = [then, row].filter(Boolean).map(({ kursi }) => kursi);
  const parts = {
    name: [...new Set([then, row].filter(Boolean).map((each) => nice(each.nama_dapil)))].join(" → "),
    count: seats.length === 2 ? t("thennow", { then: number(seats[0]), now: number(seats[1]) }) : seatsText(seats[0]),
    more:
      area === null || area === 1
        ? ""
        : stations === null
          ? t("ledgerarea", { area: percent(area) })
          : t("ledgershare", { area: percent(area), stations: percent(stations) }),
  };
  if (!row) {
    const [name, count] = ["name", "count"].map((part) => el("span", { class: part }, parts[part]));
    return el("li", { class: "row flat" }, name, count);
  }
  return rowButton({
    ...parts,
    act: () => app.go({ prov: row.kode_provinsi ?? "", kab: "", dapil: "" }, { focus: true, zoom: row.bbox }),
    point: (on) => app.point(on ? now : ""),
  });
}

function movedPeople(units) {
  const known = units.filter(({ penduduk }) => penduduk !== null);
  if (!known.length) return null;
  const n = known.reduce((sum, { penduduk }) => sum + penduduk, 0);
  const values = { n: number(n), known: number(known.length), all: number(units.length) };
  return el("p", { class: "soft small" }, t("movedpeoplesum", values));
}

const MANY = 60; // changes from which on the nation is told by province

function provincesChanged(app, dapil, units) {
  const rows = app.known.index.provinces.map(({ kode, nama }) => {
    const own = dapil.filter(({ id }) => app.known.facts.byId.get(id)?.kode_provinsi === kode).length;
    const moved = units.filter((unit) => unit.kode.startsWith(kode)).length;
    if (!own && !moved) return null;
    return rowButton({
      name: nama,
      count: number(own),
      more: t("comparecounts", { dapil: number(own), units: number(moved) }),
      act: () => app.go({ prov: kode, peta: null }, { focus: true }),
      point: (on) => app.pointPlace(on ? kode : ""),
    });
  });
  return el("section", {}, el("h3", {}, t("compareprovs")), longList(rows.filter(Boolean)));
}

function section(title, items, row) {
  return items.length ? el("section", {}, el("h3", {}, title), longList(items.map((item) => () => row(item)), 40)) : null;
}

function nameIn(facts, id) {
  const row = id && facts.byId.get(id);
  return row ? nice(row.nama_dapil) : "–";
}

function changedRow(app, { id, same_ground, kursi_then, kursi_now, matches }) {
  const { known } = app;
  const row = known.facts.byId.get(id);
  const from = matches
    .filter(([, share]) => share >= 0.0005)
    .slice(0, 4)
    .map(([old, share]) => t("shareof", { share: percent(share), name: nameIn(known.olderFacts, old) }));
  return rowButton({
    name: nameIn(known.facts, id),
    id,
    count:
      kursi_then === null
        ? `${t("newdapil")}, ${seatsText(kursi_now)}`
        : kursi_then === kursi_now
          ? seatsText(kursi_now)
          : t("thennow", { then: number(kursi_then), now: number(kursi_now) }),
    more: same_ground ? t("sameground") : from.join(", "),
    chosen: id === app.state.dapil,
    act: () => app.go({ prov: row?.kode_provinsi ?? "", kab: "", dapil: "" }, { focus: true, zoom: row?.bbox }),
    point: (on) => app.point(on ? id : ""),
  });
}

function movedRow(app, { kode, nama, from, to, penduduk }) {
  const { known } = app;
  return rowButton({
    name: nama,
    count: kode,
    more: [
      t("movedfrom", { from: nameIn(known.olderFacts, from), to: nameIn(known.facts, to) }),
      ...(penduduk === null ? [] : [t("movedpeople", { n: number(penduduk) })]),
    ].join(" · "),
    act: () => app.go({ unit: kode, prov: kode.slice(0, 2) }, { focus: true, zoomUnit: true }),
  });
}

function goneRow(app, { id, kursi_then, matches }) {
  const into = matches
    .filter(([, share]) => share >= 0.0005)
    .map(([now, share]) => t("shareof", { share: percent(share), name: nameIn(app.known.facts, now) }));
  return el(
    "li",
    { class: "row flat" },
    el("span", { class: "name" }, nameIn(app.known.olderFacts, id)),
    el("span", { class: "count" }, seatsText(kursi_then)),
    el("span", { class: "more" }, `→ ${into.join(", ") || "–"}`),
  );
}
