// The panel beside the map: the same as the map, as headings and lists. What it shows follows from the state.
import { dapilFacts, dapilRow, foldedBox, longList, notesBox, originBox, rowButton, seatDots, summaryLine } from "./cards.js";
import { el, fill, icon, ICONS } from "./dom.js";
import { inFocus } from "./scene.js";
import { yearsToCompare } from "./state.js";
import { distance, nice, number, percent, seatsText, t } from "./words.js";

// Fill `panel` for the state of `app`; returns the heading, which may take the focus, and what to announce.
export function showPanel(panel, app) {
  const { state, known } = app;
  const part = state.unit || state.titik ? placePart(app) : state.banding && !state.dapil ? comparePart(app) : state.dapil ? dapilPart(app) : listPart(app);
  const heading = el("h2", { tabindex: "-1" }, part.title);
  fill(panel,
    part.back ? backButton(app, part.back) : null,
    heading,
    part.lead ? el("p", { class: "lead" }, part.lead) : null,
    app.notice ? el("p", { class: "note" }, app.notice) : null,
    part.body,
    originBox(known.index));
  return { heading, said: [part.title, part.lead, app.notice].filter(Boolean).join(". ") };
}

function backButton(app, { place, changes }) {
  return el("button", { type: "button", class: "back", onclick: () => app.go(changes, { focus: true }) }, icon(ICONS.back), t("back", { place }));
}

function whereName(app) {
  const { state, known } = app;
  if (state.kab) return known.kabkota?.find(([kode]) => kode === state.kab)?.[1] ?? state.kab;
  return known.index.provinces.find(({ kode }) => kode === state.prov)?.nama ?? t("nation");
}

// --- lists -------------------------------------------------------------------------------------------

function listPart(app) {
  const { state, known } = app;
  const plan = known.index.plans[known.facts.plan];
  const rows = known.facts.rows.filter((row) => inFocus(state, row));
  const shown = state.kab && state.lembaga !== "dprd-kabkota" ? rows.filter((row) => meets(row, state.kab)) : rows;
  const title = whereName(app);
  return {
    title,
    lead: `${t("listof", { chamber: t(state.lembaga), year: state.tahun })}: ${summaryLine(shown)}`,
    back: state.kab ? backTo(app, { kab: "" }) : state.prov ? backTo(app, { prov: "" }) : null,
    body: [
      plan.composed ? null : el("p", { class: "note" }, t("nomap")),
      compareChoice(app),
      listOf(app, shown),
      state.prov ? null : el("p", { class: "soft small" }, `${t("law")}: ${plan.dasar_hukum}`),
      notesBox(plan),
    ],
  };
}

function meets(row, kab) {
  return row.wilayah.some((code) => code === kab || code.startsWith(`${kab}.`) || kab.startsWith(code));
}

function backTo(app, changes) {
  const place = "kab" in changes ? app.known.index.provinces.find(({ kode }) => kode === app.state.prov)?.nama : t("nation");
  return { place, changes };
}

function listOf(app, rows) {
  const { state, known } = app;
  if (!state.prov) return groups(app, rows, known.index.provinces.map(({ kode, nama }) => [kode, nama]), "kode_provinsi", (kode) => ({ prov: kode }));
  if (!state.kab && state.lembaga === "dprd-kabkota" && known.kabkota) {
    return groups(app, rows, known.kabkota, "kode_kabkota", (kode) => ({ kab: kode }));
  }
  return longList(rows.map((row) => chosenRow(app, row)));
}

// Provinces or kabupaten with how many dapil and seats each has; one that has none is told, not left out.
function groups(app, rows, places, column, changes) {
  const within = new Map(places.map(([kode]) => [kode, []]));
  for (const row of rows) within.get(row[column])?.push(row);
  const none = t(app.known.index.plans[app.known.facts.plan].composed ? "nodapil" : "notintable");
  return longList(places.map(([kode, nama]) => {
    const own = within.get(kode);
    const seats = own.reduce((sum, row) => sum + row.kursi, 0);
    return rowButton({
      name: nama, count: own.length ? seatsText(seats) : "–", more: own.length ? t("dapils", { n: number(own.length) }) : none,
      act: () => app.go({ ...changes(kode), peta: null }, { focus: true }), point: (on) => app.pointPlace(on ? kode : ""),
    });
  }));
}

function chosenRow(app, row, more = "") {
  return dapilRow(row, {
    chosen: row.id === app.state.dapil, more,
    act: () => app.go({ dapil: row.id, unit: "", titik: null }, { focus: true, zoom: row.bbox }),
    point: (on) => app.point(on ? row.id : ""),
  });
}

// --- one dapil ---------------------------------------------------------------------------------------

function dapilPart(app) {
  const { state, known } = app;
  const facts = known.facts.byId.get(state.dapil);
  if (!facts) return { title: t("nosuch", { name: state.dapil }), lead: "", back: backTo(app, { dapil: "", prov: "" }), body: [] };
  const place = whereName(app);
  return {
    title: nice(facts.nama_dapil),
    lead: `${t(state.lembaga)} ${state.tahun} · ${seatsText(facts.kursi)}`,
    back: { place, changes: { dapil: "" } },
    body: dapilFacts(known.index, facts, state.lembaga, state.tahun, app.site),
  };
}

// --- a place -----------------------------------------------------------------------------------------

function placePart(app) {
  const { state, known } = app;
  const { place } = known;
  const back = { place: whereName(app), changes: { unit: "", titik: null, dapil: "" } };
  if (!place) return { title: t("looking"), lead: "", back, body: [] };
  if (place.error) return { title: place.title ?? t("failed", { what: t("list") }), lead: place.error, back, body: [] };
  const title = place.names.length ? place.names[0] : pointName(place.point);
  return {
    title,
    lead: place.names.slice(1).join(", "),
    back,
    body: [
      certainty(app, place),
      place.seats.map((seat) => chamberCard(app, seat)),
    ],
  };
}

function pointName({ lat, lon }) {
  return t("point", { lat: number(lat, 4), lon: number(lon, 4) });
}

const SURE_M = 50; // a place known worse than this is not said to be sure

// How far and how sure.
function certainty(app, { answer, point }) {
  if (!point) return null;
  const lines = [];
  if (answer.too_far) lines.push(t("toofar", { place: answer.nearest.nama, m: distance(answer.nearest.m) }));
  else if (!answer.on_land) lines.push(t("atsea", { m: distance(answer.distance_m), place: answer.unit.nama }));
  for (const near of answer.neighbours ?? []) lines.push(t("nearborder", { m: distance(near.m), place: near.nama }));
  const firm = answer.on_land && !answer.neighbours.length && !(point.accuracy > SURE_M);
  if (firm) lines.push(t("sure"));
  if (point.own) lines.push(t("hereaccuracy", { m: distance(point.accuracy) }), t("hereprivate"));
  else if (point.accuracy > SURE_M) lines.push(t("tapaccuracy", { m: distance(point.accuracy) }));
  return el("div", { class: firm ? "certain" : "certain near" }, lines.map((line) => el("p", {}, line)));
}

function chamberCard(app, { chamber, dapil, reason }) {
  return el("section", { class: "card", "data-chamber": chamber },
    el("h3", {}, el("span", { class: "swatch" }), t(chamber)),
    reason ? el("p", { class: "soft" }, reason) : null,
    dapil.length > 1 ? el("p", { class: "soft" }, t("several", { n: number(dapil.length) })) : null,
    dapil.length > 1 ? longList(dapil.map((row) => placeRow(app, chamber, row)), 12) : null,
    dapil.length === 1 ? oneDapil(app, chamber, dapil[0], chamber === app.state.lembaga) : null);
}

function placeRow(app, chamber, row) {
  return dapilRow(row, {
    chosen: row.id === app.state.dapil,
    act: () => app.go({ lembaga: chamber, dapil: row.id, unit: "", titik: null, banding: 0 }, { focus: true, zoom: row.bbox }),
    point: chamber === app.state.lembaga ? (on) => app.point(on ? row.id : "") : null,
  });
}

function oneDapil(app, chamber, facts, shown) {
  return [
    el("p", { class: "dapil" }, el("strong", {}, nice(facts.nama_dapil)), el("span", { class: "count" }, seatsText(facts.kursi)), seatDots(facts.kursi)),
    shown ? null : el("button", { type: "button", class: "quiet", onclick: () => app.go({ lembaga: chamber, dapil: facts.id, banding: 0 }, { zoom: facts.bbox }), "aria-label": `${t("showon")}: ${t(chamber)} ${nice(facts.nama_dapil)}` }, t("showon")),
    foldedBox(`${t("law")}, ${t("members").toLowerCase()}, ${t("download").toLowerCase()}`, dapilFacts(app.known.index, facts, chamber, app.state.tahun, app.site, "h4")),
  ];
}

// --- two elections -----------------------------------------------------------------------------------

export function compareChoice(app) {
  const { state, known } = app;
  const years = yearsToCompare(known.index, state);
  if (!years.length) return null;
  const select = el("select", { id: "banding", onchange: ({ target }) => app.go({ banding: Number(target.value), dapil: "" }) },
    el("option", { value: 0 }, t("nocompare")),
    years.map((year) => el("option", { value: year, selected: year === state.banding }, String(year))));
  return el("div", { class: "choice" }, el("label", { for: "banding" }, t("compare")), select);
}

function comparePart(app) {
  const { state, known } = app;
  const { comparison, olderFacts: older } = known;
  const back = state.prov ? backTo(app, { prov: "", kab: "" }) : { place: `${t(state.lembaga)} ${state.tahun}`, changes: { banding: 0 } };
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
  const renamed = named.length ? foldedBox(t("comparenamed", { n: number(named.length) }), longList(named.map((each) => changedRow(app, each)), 40)) : null;
  return {
    title,
    lead: t("comparesum", { changed: number(ground.length), same: number(total - ground.length) }),
    back,
    body: [
      compareChoice(app),
      ground.length + seats.length + units.length + gone.length ? null : el("p", { class: "note" }, t("comparenone")),
      many ? provincesChanged(app, [...ground, ...seats], units) : [
        section(t("comparechanged", { n: number(ground.length + seats.length) }), [...ground, ...seats], (each) => changedRow(app, each)),
        state.prov || !units.length ? null : el("p", { class: "soft small" }, t("compareprov")),
        section(t("comparemoved", { n: number(units.length) }), units, (each) => movedRow(app, each)),
        section(t("comparegone", { year: state.banding, n: number(gone.length) }), gone, (each) => goneRow(app, each)),
        renamed,
      ],
    ],
  };
}

const MANY = 60; // changes from which on the nation is told by province

function provincesChanged(app, dapil, units) {
  const rows = app.known.index.provinces.map(({ kode, nama }) => {
    const own = dapil.filter(({ id }) => app.known.facts.byId.get(id)?.kode_provinsi === kode).length;
    const moved = units.filter((unit) => unit.kode.startsWith(kode)).length;
    if (!own && !moved) return null;
    return rowButton({
      name: nama, count: number(own), more: t("comparecounts", { dapil: number(own), units: number(moved) }),
      act: () => app.go({ prov: kode, peta: null }, { focus: true }), point: (on) => app.pointPlace(on ? kode : ""),
    });
  });
  return el("section", {}, el("h3", {}, t("compareprovs")), longList(rows.filter(Boolean)));
}

function section(title, items, row) {
  return items.length ? el("section", {}, el("h3", {}, title), longList(items.map(row), 40)) : null;
}

function nameIn(facts, id) {
  const row = id && facts.byId.get(id);
  return row ? nice(row.nama_dapil) : "–";
}

function changedRow(app, { id, same_ground, kursi_then, kursi_now, matches }) {
  const { known } = app;
  const row = known.facts.byId.get(id);
  const from = matches.filter(([, share]) => share >= 0.0005).slice(0, 4).map(([old, share]) => t("shareof", { share: percent(share), name: nameIn(known.olderFacts, old) }));
  return rowButton({
    name: nameIn(known.facts, id), id,
    count: kursi_then === null ? `${t("newdapil")}, ${seatsText(kursi_now)}` : kursi_then === kursi_now ? seatsText(kursi_now) : t("thennow", { then: number(kursi_then), now: number(kursi_now) }),
    more: same_ground ? t("sameground") : from.join(", "), chosen: id === app.state.dapil,
    act: () => app.go({ prov: row?.kode_provinsi ?? "", kab: "", dapil: "" }, { focus: true, zoom: row?.bbox }),
    point: (on) => app.point(on ? id : ""),
  });
}

function movedRow(app, { kode, nama, from, to }) {
  const { known } = app;
  return rowButton({
    name: nama, count: kode, more: t("movedfrom", { from: nameIn(known.olderFacts, from), to: nameIn(known.facts, to) }),
    act: () => app.go({ unit: kode, prov: kode.slice(0, 2) }, { focus: true, zoomUnit: true }),
  });
}

function goneRow(app, { id, kursi_then, matches }) {
  const into = matches.filter(([, share]) => share >= 0.0005).map(([now, share]) => t("shareof", { share: percent(share), name: nameIn(app.known.facts, now) }));
  return el("li", { class: "row flat" }, el("span", { class: "name" }, nameIn(app.known.olderFacts, id)), el("span", { class: "count" }, seatsText(kursi_then)), el("span", { class: "more" }, `→ ${into.join(", ") || "–"}`));
}
