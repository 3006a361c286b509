// The panel beside the map: the same as the map, as headings and lists. What it shows follows from the state.
import {
  dapilFacts,
  dapilRow,
  foldedBox,
  longList,
  notesBox,
  originBox,
  rowButton,
  seatDots,
  summaryLine,
} from "./cards.js";
import { comparePart } from "./compared.js";
import { resultsFold, resultsSection } from "./dapilresults.js";
import { themePart } from "./themetable.js";
import { el, fill, icon, ICONS } from "../draw/dom.js";
import { inFocus } from "../draw/scene.js";
import { backTo, compareChoice, whereName } from "./where.js";
import { distance, nice, number, seatsText, t, told } from "../state/words.js";

// Fill `panel` for the state of `app`; returns the heading, which may take the focus, and what to announce.
export function showPanel(panel, app) {
  const { state, known } = app;
  const part =
    state.unit || state.titik
      ? placePart(app)
      : state.banding && !state.dapil
        ? comparePart(app)
        : state.dapil
          ? dapilPart(app)
          : listPart(app);
  const heading = el("h2", { tabindex: "-1" }, part.title);
  fill(
    panel,
    part.back ? backButton(app, part.back) : null,
    heading,
    part.lead ? el("p", { class: "lead" }, part.lead) : null,
    app.notice ? el("p", { class: "note" }, app.notice) : null,
    part.body,
    originBox(known.index),
  );
  return { heading, said: [part.title, part.lead, app.notice].filter(Boolean).join(". ") };
}

function backButton(app, { place, changes }) {
  return el(
    "button",
    { type: "button", class: "back", onclick: () => app.go(changes, { focus: true }) },
    icon(ICONS.back),
    t("back", { place }),
  );
}

// --- lists -------------------------------------------------------------------------------------------

function listPart(app) {
  const { state, known } = app;
  const plan = known.index.plans[known.facts.plan];
  const rows = known.facts.rows.filter((row) => inFocus(state, row));
  const shown = state.kab && state.lembaga !== "dprd-kabkota" ? rows.filter((row) => meets(row, state.kab)) : rows;
  const title = whereName(app);
  const left = state.prov && (plan.excluded ?? []).some((each) => [state.kab, state.prov].includes(each));
  if (left && !shown.length)
    return {
      title,
      lead: `${t(state.lembaga)} ${state.tahun}`,
      back: state.kab ? backTo(app, { kab: "" }) : backTo(app, { prov: "" }),
      body: [el("p", { class: "note" }, t("excluded", { chamber: t(state.lembaga) })), notesBox(plan)],
    };
  const themed = themePart(app);
  return {
    title,
    lead: `${t("listof", { chamber: t(state.lembaga), year: state.tahun })}: ${summaryLine(shown)}`,
    back: state.kab ? backTo(app, { kab: "" }) : state.prov ? backTo(app, { prov: "" }) : null,
    body: [
      plan.composed ? null : el("p", { class: "note" }, t("nomap")),
      compareChoice(app),
      themed,
      themed.length && !grouped(app) ? null : listOf(app, shown),
      state.prov ? null : el("p", { class: "soft small" }, `${t("law")}: ${plan.dasar_hukum}`),
      notesBox(plan),
    ],
  };
}

function meets(row, kab) {
  return row.wilayah.some((code) => code === kab || code.startsWith(`${kab}.`) || kab.startsWith(code));
}

// Whether the list is of provinces or kabupaten, by which one goes on, and not of the dapil themselves.
function grouped({ state, known }) {
  return !state.prov || (!state.kab && state.lembaga === "dprd-kabkota" && Boolean(known.kabkota));
}

function listOf(app, rows) {
  const { state, known } = app;
  if (!state.prov)
    return groups(
      app,
      rows,
      known.index.provinces.map(({ kode, nama }) => [kode, nama]),
      "kode_provinsi",
      (kode) => ({ prov: kode }),
    );
  if (grouped(app)) {
    return groups(app, rows, known.kabkota, "kode_kabkota", (kode) => ({ kab: kode }));
  }
  return longList(rows.map((row) => () => chosenRow(app, row)));
}

// Provinces or kabupaten with how many dapil and seats each has; one that has none is told, not left out.
function groups(app, rows, places, column, changes) {
  const within = new Map(places.map(([kode]) => [kode, []]));
  for (const row of rows) within.get(row[column])?.push(row);
  const none = t(app.known.index.plans[app.known.facts.plan].composed ? "nodapil" : "notintable");
  return longList(
    places.map(([kode, nama]) => {
      const own = within.get(kode);
      const seats = own.reduce((sum, row) => sum + row.kursi, 0);
      return rowButton({
        name: nama,
        count: own.length ? seatsText(seats) : "–",
        more: own.length ? t("dapils", { n: number(own.length) }) : none,
        act: () => app.go({ ...changes(kode), peta: null }, { focus: true }),
        point: (on) => app.pointPlace(on ? kode : ""),
      });
    }),
  );
}

function chosenRow(app, row, more = "") {
  return dapilRow(row, {
    chosen: row.id === app.state.dapil,
    more,
    act: () => app.go({ dapil: row.id, unit: "", titik: null }, { focus: true, zoom: row.bbox }),
    point: (on) => app.point(on ? row.id : ""),
  });
}

// --- one dapil ---------------------------------------------------------------------------------------

function dapilPart(app) {
  const { state, known } = app;
  const facts = known.facts.byId.get(state.dapil);
  if (!facts)
    return {
      title: t("nosuch", { name: state.dapil }),
      lead: "",
      back: backTo(app, { dapil: "", prov: "" }),
      body: [],
    };
  const place = whereName(app);
  return {
    title: nice(facts.nama_dapil),
    lead: `${t(state.lembaga)} ${state.tahun} · ${seatsText(facts.kursi)}`,
    back: { place, changes: { dapil: "" } },
    body: [
      resultsSection(known.index, facts, "h3"),
      dapilFacts(known.index, facts, state.lembaga, state.tahun, app.site),
    ],
  };
}

// --- a place -----------------------------------------------------------------------------------------

function placePart(app) {
  const { state, known } = app;
  const { place } = known;
  const changes = { unit: "", titik: null, dapil: "" };
  // From a kabupaten that was searched for, back leads out of it, and not to its own name once more.
  const back =
    state.kab && state.unit === state.kab
      ? { place: backTo(app, { kab: "" }).place, changes: { ...changes, kab: "" } }
      : { place: whereName(app), changes };
  if (!place) return { title: t("looking"), lead: "", back, body: [] };
  if (place.error) {
    const lead = place.error === place.title ? t("nosuchhint") : place.error;
    const title = place.title || (place.point ? pointName(place.point) : state.unit);
    return { title, lead, back, body: [] };
  }
  const title = place.names.length ? place.names[0] : pointName(place.point);
  return {
    title,
    lead: place.names.slice(1).join(", "),
    back,
    body: [certainty(app, place), remarksOf(place), place.seats.map((seat) => chamberCard(app, seat, place.answer?.wrong_m))],
  };
}

function pointName({ lat, lon, own }) {
  if (own) return t("yourplace");
  const degrees = (value, plus, minus) => t(value < 0 ? minus : plus, { n: number(Math.abs(value), 4) });
  return t("point", { lat: degrees(lat, "north", "south"), lon: degrees(lon, "east", "west") });
}

const SURE_M = 50; // a place known worse than this is not said to be sure

// How far and how sure.
function certainty(app, { answer, point }) {
  if (!point) return null;
  const lines = [];
  if (answer.too_far) lines.push(t("toofar", { place: answer.nearest.nama, m: distance(answer.nearest.m) }));
  else if (answer.undrawn) lines.push(t("undrawnhere"));
  else if (!answer.on_land) lines.push(t("atsea", { m: distance(answer.distance_m), place: answer.unit.nama }));
  for (const near of answer.neighbours ?? []) lines.push(t("nearborder", { m: distance(near.m), place: near.nama }));
  const alone = !answer.too_far && Object.values(answer.dapil).every(({ may }) => !may.length);
  if (alone) lines.push(t("sure", { m: distance(answer.wrong_m) }));
  const firm = alone && answer.on_land && !(point.accuracy > SURE_M);
  if (point.own) lines.push(t("hereaccuracy", { m: distance(point.accuracy) }), t("hereprivate"));
  else if (point.accuracy > SURE_M) lines.push(t("tapaccuracy", { m: distance(point.accuracy) }));
  return el(
    "div",
    { class: firm ? "certain" : "certain near" },
    lines.map((line) => el("p", {}, line)),
  );
}

// What is otherwise here than one may expect.
function remarksOf({ remarks = [] }) {
  return remarks.map((each) => el("p", { class: "note" }, told(each)));
}

function chamberCard(app, { chamber, dapil, reason, may = [] }, wrong) {
  return el(
    "section",
    { class: "card", "data-chamber": chamber },
    el("h3", {}, el("span", { class: "swatch" }), t(chamber)),
    reason ? el("p", { class: "soft" }, reason) : null,
    dapil.length > 1 ? el("p", { class: "soft" }, t("several", { n: number(dapil.length) })) : null,
    dapil.length > 1
      ? longList(
          dapil.map((row) => placeRow(app, chamber, row)),
          12,
        )
      : null,
    dapil.length === 1 ? oneDapil(app, chamber, dapil[0], chamber === app.state.lembaga) : null,
    may.length ? el("p", { class: "may" }, t("mayalso", { m: distance(wrong) })) : null,
    may.length
      ? longList(
          may.map((row) => placeRow(app, chamber, row)),
          12,
        )
      : null,
  );
}

function placeRow(app, chamber, row) {
  return dapilRow(row, {
    chosen: row.id === app.state.dapil,
    act: () =>
      app.go({ lembaga: chamber, dapil: row.id, unit: "", titik: null, banding: 0 }, { focus: true, zoom: row.bbox }),
    point: chamber === app.state.lembaga ? (on) => app.point(on ? row.id : "") : null,
  });
}

function oneDapil(app, chamber, facts, shown) {
  return [
    el(
      "p",
      { class: "dapil" },
      el("strong", {}, nice(facts.nama_dapil)),
      el("span", { class: "count" }, seatsText(facts.kursi)),
      seatDots(facts.kursi),
    ),
    shown
      ? null
      : el(
          "button",
          {
            type: "button",
            class: "quiet",
            onclick: () => app.go({ lembaga: chamber, dapil: facts.id, banding: 0 }, { zoom: facts.bbox }),
            "aria-label": `${t("showon")}: ${t(chamber)} ${nice(facts.nama_dapil)}`,
          },
          t("showon"),
        ),
    resultsFold(app.known.index, facts),
    foldedBox(
      `${t("law")}, ${t("members").toLowerCase()}, ${t("download").toLowerCase()}`,
      dapilFacts(app.known.index, facts, chamber, app.state.tahun, app.site, "h4"),
    ),
  ];
}
