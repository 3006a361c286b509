// The page's heart: one state, what is known for it, and one way to change it. What is shown follows from the two.
import { drawingOf, kecamatanOf, undrawnRings } from "./draw/maps.js";
import { comparisonOf, factsOf, factsWithin, kabkotaOf, nameOf } from "./state/atlas.js";
import { groundAround, placeAt, placeIn } from "./search/place.js";
import { ABROAD } from "./search/special.js";
import { detailOf, drawn, focusBox, groundFiles, olderDrawing, olderProvinces, prepareDiscs, provinceFirst } from "./draw/scene.js";
import { fragmentOf } from "./state/fragment.js";
import { readState, writeState, yearFor } from "./state/address.js";
import { readUnitVotes, resultsOf } from "./state/results.js";
import { byUnits, lacking, ranksAll, themeFiles, themeOf } from "./state/themes.js";
import { load } from "./state/load.js";
import { provinceIn } from "./state/parts.js";
import { pause } from "./state/slices.js";
import { t } from "./state/words.js";

export class App {
  // `index` is map-index.json; `site`: {api, downloads} or empty; `shown` is told of every change: {ground, over,
  // panel, controls, fit, fitWorld, failed, details, address, whole}, functions of the page.
  constructor(index, site, shown) {
    Object.assign(this, { index, site, shown });
    this.notice = ""; // what must be said of the last step
    this.read();
    this.known = this.fresh();
    this.turn = 0;
  }

  // Take the state from the address. That its year is another than the one named there is said, and that its point is none.
  read() {
    this.state = readState(location.hash, this.index);
    const given = fragmentOf(location.hash);
    const named = Number(given.get("tahun")) || this.state.tahun;
    const point = given.get("titik");
    this.notice =
      point && !this.state.titik
        ? t("nopoint", { text: point.slice(0, 40) })
        : this.yearNotice(this.state.dapil ? this.state.tahun : named, this.state);
  }

  yearNotice(wanted, { lembaga, tahun }) {
    return wanted === tahun ? "" : t("changedto", { chamber: t(lembaga), year: tahun });
  }

  fresh() {
    return {
      index: this.index,
      facts: null,
      overview: null,
      land: null,
      undrawn: this.undrawn ?? [],
      details: new Map(),
      kabkota: null,
      comparison: null,
      older: null,
      olderFacts: null,
      olderDetails: new Map(),
      moved: null,
      place: null,
      results: null,
      carried: null,
      seatsBefore: null,
      unitVotes: null,
      units: null,
    };
  }

  // Go to another view. Options: focus (on the panel's heading), zoom (a box in degrees to show), zoomUnit (show the
  // chosen unit), quiet (no entry in the browser's history), said (words for those who listen).
  async go(changes, options = {}) {
    const before = this.state;
    const next = { ...before, ...changes };
    this.settle(next, before);
    this.state = next;
    if (!options.quiet) this.write(true);
    await this.show({ ...options, before });
  }

  // Keep a state free of contradictions: a year that the chamber has, a kabupaten in its province.
  settle(next, before) {
    const wanted = next.tahun;
    next.tahun = yearFor(this.index, next.lembaga, wanted);
    this.notice = this.yearNotice(wanted, next);
    if (next.prov !== before.prov && !next.kab.startsWith(`${next.prov}.`)) next.kab = "";
    const moved = next.lembaga !== before.lembaga || next.tahun !== before.tahun;
    if (moved && next.dapil === before.dapil) next.dapil = "";
    if (next.banding && !(`map-compare-${next.lembaga}-${next.banding}-${next.tahun}.json` in this.index.files))
      next.banding = 0;
    this.settleTheme(next, before);
    if ((next.prov !== before.prov || next.kab !== before.kab) && next.dapil === before.dapil) next.dapil = "";
  }

  // A theme and a comparison exclude each other, as do seats as dots and areas; a theme that the plan lacks gives way, aloud.
  settleTheme(next, before) {
    if (next.tema !== before.tema && next.tema !== "kursi") next.banding = 0;
    else if (next.banding && !before.banding) next.tema = "kursi";
    const theme = themeOf(next);
    const why = lacking(this.index, next, theme);
    if (why) {
      this.notice = [this.notice, t("themegone", { theme: t(`theme.${theme.id}`), why: t(why) })].filter(Boolean).join(" ");
      next.tema = "kursi";
    }
    if (next.tampil !== before.tampil && next.tampil === "wilayah" && theme.kind === "dots") next.tema = "terbanyak";
    if (themeOf(next).kind === "dots") next.tampil = "kursi";
    else if (themeOf(before).kind === "dots" && next.tampil === before.tampil) next.tampil = "wilayah";
  }

  write(push) {
    const hash = writeState(this.state);
    if (hash === location.hash) return;
    try {
      history[push ? "pushState" : "replaceState"](null, "", hash);
    } catch {
      location.hash = hash; // a browser that lets no file:// page do it
    }
    this.shown.address?.();
  }

  // The address was changed: by the back button, or by hand.
  readAddress() {
    if (location.hash === writeState(this.state)) return;
    const before = this.state;
    this.read();
    this.show({ before, quiet: true });
  }

  // Load what the state needs and show it. Only the last call counts; a part that cannot be had is told.
  async show(asked = {}) {
    const options = { ...asked, zoomUnit: asked.zoomUnit ?? Boolean(this.state.unit && !this.state.peta) };
    const turn = ++this.turn;
    const current = () => turn === this.turn;
    const state = this.state;
    this.shown.whole(false);
    this.shown.controls();
    try {
      const known = await this.collect(state);
      if (!current()) return;
      const kept = this.known.plan === known.plan && this.known.key === known.key;
      if (kept) {
        known.details = new Map([...this.known.details, ...known.details]);
        known.olderDetails = this.known.olderDetails;
      }
      this.known = known;
    } catch (error) {
      if (current()) this.shown.failed(error, () => this.show(asked));
      return;
    }
    this.shown.failed(null);
    const steps = [
      () => this.fit(options),
      () => this.shown.panel(options),
      () => this.shown.controls(),
      () => this.shown.ground(),
    ];
    for (const step of steps) {
      step();
      await pause();
      if (!current()) return;
    }
    this.shown.ready();
    await this.after(state, options, current);
    if (current()) this.shown.whole(true);
  }

  async collect(state) {
    const plan = `${state.lembaga}-${state.tahun}`;
    const known = { ...this.fresh(), plan, key: `${state.banding}` };
    const nation = state.prov || state.dapil ? null : this.collectNation(state, known); // asked for at once
    [known.facts, known.kabkota] = await Promise.all([
      this.collectFacts(state, plan),
      state.prov ? kabkotaOf(state.prov) : null,
      nation,
    ]);
    if (!known.kabkota?.some(([kode]) => kode === state.kab)) state.kab = ""; // no such kabupaten
    if (!nation && !(await this.collectProvince(state, known))) await this.collectNation(state, known);
    if (state.banding) await this.collectComparison(state, known);
    else await this.collectTheme(state, known);
    if (state.tampil === "kursi") await prepareDiscs(state, known);
    return known;
  }

  // The facts of what is looked at, or of all dapil where one is coloured by its place among them.
  async collectFacts(state, plan) {
    const own = [state.prov, provinceIn(state.dapil, plan)].filter(Boolean);
    if (!own.length || ranksAll(state)) return factsOf(plan);
    const facts = await factsWithin(this.index, plan, own);
    return state.dapil && !facts.byId.has(state.dapil) ? factsOf(plan) : facts;
  }

  // The maps of the nation: of the chamber's dapil, and of all land where those leave some out.
  async collectNation(state, known) {
    const drawings = await Promise.all(
      groundFiles(this.index, state).map(([file, object]) =>
        file.includes(`-${state.banding}-`) && state.banding ? null : drawingOf(file, object),
      ),
    );
    const own = drawn(this.index, state.lembaga, state.tahun);
    if (own) known.overview = drawings.shift();
    known.land = drawings.find((each) => each && each !== known.overview) ?? null;
  }

  // A province that can be shown without waiting for the nation around it; whether it is there.
  async collectProvince(state, known) {
    const province = provinceFirst(known, state);
    if (!province) return false;
    try {
      known.details.set(province, await detailOf(state, province));
    } catch {
      return false; // the nation has it too, if less finely
    }
    return true;
  }

  // What the theme takes: nothing of the kind is asked for before a theme is chosen.
  async collectTheme(state, known) {
    const { results, ...files } = themeFiles(this.index, state);
    const [own, ...others] = await Promise.all([results ? resultsOf(known.plan) : null, ...Object.values(files).map(load)]);
    known.results = own;
    Object.keys(files).forEach((part, at) => (known[part] = others[at]));
    if (known.unitVotes) known.unitVotes = readUnitVotes(known.unitVotes, own);
  }

  async collectComparison(state, known) {
    known.comparison = await comparisonOf(state.lembaga, state.banding, state.tahun);
    [known.olderFacts, known.older] = await Promise.all([
      factsOf(`${state.lembaga}-${state.banding}`),
      olderDrawing(state, known.comparison),
    ]);
  }

  fit({ before, zoom, zoomUnit }) {
    const { state } = this;
    if (zoom) this.shown.fit(zoom);
    else if (state.peta && (!before || before.peta !== state.peta)) this.shown.fit(state.peta);
    else if (!before && state.titik) this.shown.fit(aroundPoint(state.titik));
    else if (!before && this.boxOfDapil()) this.shown.fit(this.boxOfDapil()); // a link leads to what it names
    else if (!before || ((before.prov !== state.prov || before.kab !== state.kab) && !zoomUnit && !state.titik)) {
      this.shown.fit(focusBox(state, this.known));
    }
  }

  boxOfDapil() {
    return this.state.dapil ? this.known.facts?.byId.get(this.state.dapil)?.bbox : null;
  }

  // What may come later: the place that was asked for, finer maps, what moved.
  async after(state, options, current) {
    const works = [this.addNation(state, current), this.addDetails(current)];
    if (!state.prov && this.known.facts.within) works.push(this.addFacts(current));
    if (!this.undrawn) works.push(this.addUndrawn());
    if (state.unit || state.titik) works.push(this.addPlace(state, options, current));
    if (state.banding && state.prov) works.push(this.addMoved(state, current));
    if (byUnits(this.index, state)) works.push(this.addUnits(state, current));
    await Promise.allSettled(works);
  }

  // Draw provinces from their own files where the view is close enough; called again when the map has moved.
  async addDetails(current = () => true) {
    const { state, known } = this;
    const wanted = this.shown.details(state);
    const older = state.banding ? wanted.flatMap((province) => olderProvinces(known, province)) : [];
    for (const province of known.details.keys())
      if (known.overview && !wanted.includes(province)) known.details.delete(province);
    for (const province of known.olderDetails.keys())
      if (!older.includes(province)) known.olderDetails.delete(province);
    const add = async (details, province, coming) => {
      if (details.has(province)) return;
      const drawing = await coming();
      if (known !== this.known || !current()) return;
      details.set(province, drawing);
      this.shown.ground();
    };
    await Promise.allSettled([
      ...wanted.map((province) => add(known.details, province, () => detailOf(state, province))),
      ...[...new Set(older)].map((province) =>
        add(known.olderDetails, province, () => olderDrawing(state, known.comparison, province)),
      ),
    ]);
  }

  // Draw the nation around a province that was shown without it: its land first, which is small.
  async addNation(state, current) {
    const { known } = this;
    if (known.overview || known.land) return;
    const files = groundFiles(this.index, state);
    const parts = drawn(this.index, state.lembaga, state.tahun) ? ["overview", "land"] : ["land"];
    for (const [at, [file, object]] of [...files.entries()].slice(0, parts.length).reverse()) {
      const drawing = await drawingOf(file, object);
      if (known !== this.known || !current()) return;
      known[parts[at]] = drawing;
      this.shown.ground();
    }
  }

  // The facts of all dapil around one that was shown without them.
  async addFacts(current) {
    const { known } = this;
    const facts = await factsOf(known.plan);
    if (known !== this.known || !current()) return;
    known.facts = facts;
    this.shown.ground();
  }

  // The facts of a dapil that is pointed at outside the provinces whose facts are at hand; whether there are any.
  async learn(id) {
    const { known } = this;
    const { plan, within } = known.facts ?? {};
    const province = provinceIn(id, plan);
    if (!within || !province || within.includes(province)) return false;
    const facts = await factsWithin(this.index, plan, [...within, province]).catch(() => null);
    if (!facts || known !== this.known) return false;
    known.facts = facts;
    return facts.byId.has(id);
  }

  // Hatch what the base map does not draw; without the file the map stands all the same.
  async addUndrawn() {
    this.undrawn = await undrawnRings();
    this.known.undrawn = this.undrawn;
    this.shown.ground();
  }

  async addPlace(state, options, current) {
    const place = await this.findPlace(state);
    if (!current()) return;
    this.known.place = place;
    const seat = place.seats?.find(({ chamber }) => chamber === state.lembaga);
    if (seat?.dapil.length === 1) {
      this.state.dapil = seat.dapil[0].id;
      this.write(false);
    }
    this.shown.panel(options);
    this.shown.ground();
    if (place.code) await this.addEdge(place, options, current);
  }

  async findPlace(state) {
    try {
      const found = state.titik
        ? await placeAt(this.index, state.tahun, state.titik)
        : await placeIn(this.index, state.tahun, state.unit);
      const code = state.titik ? found.code : state.unit;
      const chain = [13, 8, 5, 2].filter((length) => length <= code.length).map((length) => code.slice(0, length));
      const names = await Promise.all(chain.map(nameOf));
      return { ...found, point: state.titik, names: names.filter(Boolean) };
    } catch (error) {
      const title = error.name === "LoadError" ? "" : t("nosuch", { name: state.unit });
      return { error: this.reason(error), title, seats: [], names: [], point: state.titik };
    }
  }

  reason(error) {
    if (error.name === "LoadError")
      return navigator.onLine === false ? t("offline") : t("failed", { what: error.file });
    return error.message;
  }

  // Mark the unit's own ground. It is drawn when its file is there; without it the answer stands all the same.
  async addEdge(place, { zoomUnit, before }, current) {
    const province = place.code.slice(0, 2);
    if (place.code.length < 5 || province === ABROAD[0]) return;
    const edge = await groundAround(province, [place.code], `edge ${place.code}`);
    if (!current()) return;
    place.edge = edge;
    if (zoomUnit) this.shown.fitWorld(edge, !before); // an address opens where it leads, without a flight
    this.shown.ground();
  }

  // Draw the kecamatan of the province, once their ground is there.
  async addUnits(state, current) {
    const units = await kecamatanOf(state.prov);
    if (!current()) return;
    this.known.units = units;
    this.shown.ground();
    await pause();
    if (current()) this.shown.panel({});
  }

  async addMoved(state, current) {
    const codes = this.known.comparison.units
      .map(({ kode }) => kode)
      .filter((kode) => kode.startsWith(`${state.prov}.`));
    if (!codes.length) return;
    const moved = await groundAround(state.prov, codes, `moved ${state.lembaga} ${state.banding} ${state.tahun}`);
    if (!current()) return;
    this.known.moved = moved;
    this.shown.ground();
  }

  // Light up a dapil, or a province or kabupaten, while it is pointed at; "" puts it out.
  point(id) {
    this.pointed = id;
    this.shown.over();
  }

  pointPlace(code) {
    this.pointedPlace = code;
    this.shown.over();
  }
}

const AROUND = 0.12; // degrees to each side of a point that an address names

function aroundPoint({ lon, lat }) {
  return [lon - AROUND, lat - AROUND, lon + AROUND, lat + AROUND];
}
