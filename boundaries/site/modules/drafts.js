// The page that holds drafts against the law: choose a council, give its units to dapil, see what the rules say. After a
// council's file nothing is asked for any more: what is read and drawn stays in the browser.
import { el, fill, handOver } from "./draw/dom.js";
import { check } from "./draft/rules.js";
import { isCounted, measuresOf, placeAmong } from "./draft/standing.js";
import { DraftError, readDraft, tableOf, textOf } from "./draft/reading.js";
import { speakOfDrafts, w } from "./draft/draftwords.js";
import { load, setDataBase } from "./state/load.js";

const MOST = 12; // colours; more dapil share them
const CHAMBERS = { "dprd-kabkota": "DPRD kabupaten/kota", "dprd-provinsi": "DPRD provinsi", dpr: "DPR" };
const SVG = "http://www.w3.org/2000/svg";

class DraftPage {
  constructor(index) {
    this.index = index;
    this.parts = Object.fromEntries(
      ["lembaga", "dewan", "kerja", "berkas", "jatuh", "masalah", "dapil", "peta", "daftar", "hasil", "alat", "status"].map(
        (id) => [id, document.getElementById(id)],
      ),
    );
    this.history = [];
    this.active = 0;
    this.fillChoices();
    this.listen();
    this.openAddress();
  }

  // The council, and the draft, that the address holds behind its #.
  openAddress() {
    if (!location.hash.startsWith("#d=")) return;
    const [, chamber, code, labels] = location.hash.match(/^#d=([a-z-]+?)-([\d.]+)(?:&p=(.*))?$/) ?? [];
    if (this.index.dewan.some(([its, council]) => its === chamber && council === code)) this.open(chamber, code, labels);
    else this.tell([[w("nocouncil"), w("nocouncil")]]);
  }

  fillChoices() {
    const { lembaga } = this.parts;
    const there = new Set(this.index.dewan.map(([chamber]) => chamber));
    fill(lembaga, Object.keys(CHAMBERS).filter((each) => there.has(each)).map((each) => el("option", { value: each }, CHAMBERS[each])));
    this.fillCouncils();
  }

  fillCouncils() {
    const mine = this.index.dewan.filter(([chamber]) => chamber === this.parts.lembaga.value);
    fill(this.parts.dewan, el("option", { value: "" }, w("choose")), mine.map(([, code, name]) => el("option", { value: code }, `${code} ${name}`)));
  }

  listen() {
    const { lembaga, dewan, berkas, jatuh } = this.parts;
    lembaga.addEventListener("change", () => this.fillCouncils());
    dewan.addEventListener("change", () => dewan.value && this.open(lembaga.value, dewan.value));
    berkas.addEventListener("change", () => berkas.files[0] && this.read(berkas.files[0]));
    window.addEventListener("hashchange", () => this.openAddress());
    for (const name of ["dragover", "drop"]) // beside the place for it, a file would take the page's
      window.addEventListener(name, (event) => event.preventDefault());
    for (const name of ["dragenter", "dragover"])
      jatuh.addEventListener(name, (event) => {
        event.preventDefault();
        jatuh.classList.add("over");
      });
    jatuh.addEventListener("dragleave", () => jatuh.classList.remove("over"));
    jatuh.addEventListener("drop", (event) => {
      event.preventDefault();
      jatuh.classList.remove("over");
      if (event.dataTransfer.files[0]) this.read(event.dataTransfer.files[0]);
    });
  }

  async open(chamber, code, labels = "") {
    const { lembaga, dewan, kerja, masalah } = this.parts;
    const wanted = (this.wanted = `map-uji-${chamber}-${code}.json`);
    let council;
    try {
      council = await load(wanted);
    } catch {
      if (wanted === this.wanted) this.tell([[w("failed"), w("failed")]]);
      return;
    }
    if (wanted !== this.wanted) return; // another was chosen since
    this.council = council;
    lembaga.value = chamber;
    this.fillCouncils();
    dewan.value = code;
    masalah.hidden = true;
    kerja.hidden = false;
    this.history = [];
    this.plan = null; // of another council
    this.drawMap();
    const fits = new RegExp(`^[0-9a-z_]{${council.unit.length}}$`).test(labels);
    this.begin(fits ? fromText(labels) : this.ofLaw());
    if (labels && !fits) this.tell([[w("badlink"), w("badlink")]]);
    document.documentElement.dataset.ready = "yes";
  }

  // The plan in law, as far as it leaves units whole.
  ofLaw() {
    const { hukum } = this.council;
    const names = hukum.kode.map((code) => `Dapil ${Number(code.slice(-2))}`);
    const label = hukum.unit.map((rows) => (rows.length === 1 ? rows[0] : -1));
    return { names, label, seats: label.includes(-1) ? null : hukum.kursi };
  }

  begin(plan, notes = []) {
    this.active = 0;
    this.put(plan);
    this.tell(notes, "note");
  }

  put(plan, remember = true) {
    if (remember && this.plan) this.history.push(this.plan);
    this.plan = plan;
    this.show();
  }

  async read(file) {
    try {
      const text = await textOf(file);
      const draft = readDraft(text, this.council);
      this.begin(draft, draft.notes);
    } catch (error) {
      if (!(error instanceof DraftError)) throw error;
      this.tell(error.problems);
    }
    this.parts.berkas.value = "";
  }

  // Problems or notes, [id, en] each.
  tell(lines, kind = "problem") {
    const { masalah } = this.parts;
    masalah.hidden = !lines.length;
    masalah.className = kind;
    fill(masalah, lines.length ? el("p", {}, w(kind)) : null, el("ul", {}, lines.map((line) => el("li", {}, told(line)))));
  }

  give(unit, dapil) {
    const label = [...this.plan.label];
    if (label[unit] === dapil) return;
    label[unit] = dapil;
    this.put({ ...this.plan, label, seats: null });
  }

  show() {
    // A dapil that lost its last unit is no dapil any more for the rules, but stays to be given units.
    const { council, index, plan } = this;
    const used = plan.names.map((_, dapil) => plan.label.includes(dapil));
    const place = used.map((is, at) => (is ? used.slice(0, at).filter(Boolean).length : -1));
    const draft = {
      names: plan.names.filter((_, at) => used[at]),
      label: plan.label.map((dapil) => (dapil < 0 ? -1 : place[dapil])),
      seats: plan.seats && plan.seats.filter((_, at) => used[at]),
    };
    this.result = check(council, index, draft);
    this.showDapil(place);
    this.colour();
    this.showUnits();
    this.showFindings();
    this.showTools();
  }

  showDapil(place) {
    const { plan, parts, result } = this;
    const rows = plan.names.map((name, at) => {
      const seats = place[at] < 0 ? 0 : result.plan.seats?.[place[at]];
      const units = plan.label.filter((each) => each === at).length;
      const id = `d${at}`;
      return el(
        "span",
        { class: "choice" },
        el("input", { type: "radio", name: "aktif", id, value: at, checked: at === this.active, onchange: () => (this.active = at) }),
        el("label", { for: id }, el("span", { class: `key c${at % MOST}`, "aria-hidden": "true" }, String(at + 1)), ` ${name}: `, seats === undefined || !result.plan.seats ? w("units", { units }) : w("seats", { seats, units })),
      );
    });
    const add = el("button", { type: "button", class: "quiet", onclick: () => this.addDapil() }, w("add"));
    refill(parts.dapil, el("legend", {}, w("active")), rows, add);
  }

  addDapil() {
    this.active = this.plan.names.length;
    this.put({ ...this.plan, names: [...this.plan.names, `Dapil ${this.active + 1}`], seats: null });
  }

  drawMap() {
    const { peta } = this.council;
    const picture = document.createElementNS(SVG, "svg");
    picture.setAttribute("viewBox", `-4 -4 ${peta.lebar + 8} ${peta.tinggi + 8}`);
    picture.setAttribute("aria-hidden", "true"); // the table beside it says and does the same
    this.shapes = peta.jalur.map((path, unit) => {
      const shape = document.createElementNS(SVG, "path");
      shape.setAttribute("d", path || "M0 0");
      const title = document.createElementNS(SVG, "title");
      title.textContent = this.council.unit[unit][1];
      shape.append(title);
      shape.addEventListener("click", () => this.give(unit, this.plan.label[unit] === this.active ? -1 : this.active));
      picture.append(shape);
      return shape;
    });
    fill(this.parts.peta, picture);
  }

  colour() {
    this.shapes.forEach((shape, unit) => {
      const dapil = this.plan.label[unit];
      shape.setAttribute("class", dapil < 0 ? "none" : `c${dapil % MOST}`);
    });
  }

  showUnits() {
    const { council, parts, plan } = this;
    if (this.selects?.council === council) {
      this.selects.forEach((select, unit) => this.fillSelect(select, plan.label[unit]));
      return;
    }
    this.selects = council.unit.map((_, unit) =>
      el("select", { id: `u${unit}`, onchange: (event) => this.give(unit, Number(event.target.value)) }),
    );
    this.selects.council = council;
    this.selects.forEach((select, unit) => this.fillSelect(select, plan.label[unit]));
    const rows = council.unit.map(([code, name], unit) =>
      el("tr", {}, el("th", { scope: "row" }, el("label", { for: `u${unit}` }, name, " ", el("small", {}, code))), el("td", {}, this.selects[unit])),
    );
    const head = el("tr", {}, el("th", { scope: "col" }, w(council.tingkat)), el("th", { scope: "col" }, "Dapil"));
    fill(parts.daftar, el("table", {}, el("thead", {}, head), el("tbody", {}, rows)));
  }

  fillSelect(select, chosen) {
    const names = ["–", ...this.plan.names];
    if (select.options.length !== names.length || [...select.options].some((each, at) => each.text !== names[at]))
      fill(select, names.map((name, at) => el("option", { value: at - 1 }, name)));
    select.value = String(chosen);
  }

  showFindings() {
    const { council, index, parts, result } = this;
    const by = ["gagal", "perhatian", "tak-dapat-dihitung", "lulus"];
    const counts = by.map((status) => [status, result.findings.filter((each) => each.status === status).length]);
    const said = counts.filter(([, count]) => count).map(([status, count]) => `${count} ${w(status)}`).join(" · ");
    const rows = by.flatMap((status) => result.findings.filter((each) => each.status === status)).map((each) =>
      el(
        "li",
        { class: each.status },
        el("strong", {}, w(each.status)),
        ` ${index.aturan[each.rule === "A4" ? "A3" : each.rule]?.nama[w("language")] ?? each.rule}: ${told(each.said)} `,
        el("small", {}, index.aturan[each.rule === "A4" ? "A3" : each.rule]?.dasar ?? ""),
      ),
    );
    fill(
      parts.hasil,
      el("h2", {}, w("findings")),
      el("p", { id: "jumlah" }, said),
      el("ul", { class: "findings" }, rows),
      this.among(),
      el("h2", {}, w("nothere")),
      el("ul", {}, ["split", "own", "roads"].map((each) => el("li", {}, w(each, { chamber: council.lembaga, council: council.dewan })))),
    );
    parts.status.textContent = said;
  }

  // Where the plan stands among all lawful plans.
  among() {
    const { council, index, result } = this;
    const count = council.simpul.hitungan;
    const command = `dapil plans --chamber ${council.lembaga} --council ${council.dewan}`;
    const heading = el("h2", {}, w("among"));
    if (!count) return [heading, el("p", {}, w("uncounted"), " ", el("code", {}, command))];
    const number = count.rencana_sah ?? count.sah_taksiran;
    const about = el("p", {}, w(count.rencana_sah === null ? "about" : "number", { number: number.toLocaleString(w("language")), weight: count.bobot, links: count.tautan }));
    const measured = result.plan.seats && !result.plan.label.includes(-1) ? measuresOf(council, result.plan) : null;
    if (!measured) return [heading, about, el("p", {}, w("unmeasured"))];
    const rows = Object.entries(measured).map(([name, value]) => {
      const span = placeAmong(count, name, value);
      const { satuan } = index.ukuran[name];
      return el(
        "tr",
        {},
        el("th", { scope: "row" }, index.ukuran[name][w("language")]),
        el("td", {}, value === null ? "–" : `${written(value)}${satuan === "km" ? " km" : ""}`),
        el("td", {}, span === null ? "–" : span[0] === span[1] ? w("equal", { at: span[0] }) : w("between", { low: span[0], high: span[1] })),
      );
    });
    const head = ["measure", "value", "place"].map((each) => el("th", { scope: "col" }, w(each)));
    const note = isCounted(council, result.plan) ? null : el("p", { class: "attention" }, w("notamong"));
    return [heading, about, note, el("div", { class: "wide", tabindex: "0", role: "region", "aria-label": w("among") }, el("table", {}, el("thead", {}, el("tr", {}, head)), el("tbody", {}, rows)))];
  }

  showTools() {
    const { council, parts } = this;
    const empty = () => this.begin({ names: this.ofLaw().names, label: council.unit.map(() => -1), seats: null });
    const save = () => handOver(new Blob([tableOf(council, this.result.plan)], { type: "text/csv" }), `rancangan-${council.lembaga}-${council.dewan}.csv`);
    refill(
      parts.alat,
      el("button", { type: "button", class: "quiet", onclick: () => this.undo(), disabled: !this.history.length }, w("undo")),
      el("button", { type: "button", class: "quiet", onclick: () => this.begin(this.ofLaw()) }, w("law")),
      el("button", { type: "button", class: "quiet", onclick: empty }, w("empty")),
      el("button", { type: "button", class: "quiet", onclick: save }, w("save")),
      el("button", { type: "button", class: "quiet", onclick: () => this.share() }, w("share")),
    );
  }

  undo() {
    this.put(this.history.pop(), false);
  }

  // An address that holds the plan behind its #, which is sent to nobody; made only when asked for.
  share() {
    const { council, plan } = this;
    const labels = plan.label.map((each) => (each < 0 ? "_" : each.toString(36))).join("");
    const address = `${location.href.split("#")[0]}#d=${council.lembaga}-${council.dewan}&p=${labels}`;
    this.tell([["", ""]], "note");
    fill(this.parts.masalah, el("p", {}, w("shared")), el("input", { type: "text", readonly: true, value: address, "aria-label": w("share") }));
    this.parts.masalah.querySelector("input").select();
  }
}

function fromText(text) {
  const label = [...text].map((each) => (each === "_" ? -1 : parseInt(each, 36)));
  const count = Math.max(0, ...label) + 1;
  return { names: Array.from({ length: count }, (_, at) => `Dapil ${at + 1}`), label, seats: null };
}

// Replace what a part holds, and leave the focus where it was in it: on the next thing where that cannot take it.
function refill(part, ...children) {
  const controls = () => [...part.querySelectorAll("button, input")];
  const at = controls().indexOf(document.activeElement);
  fill(part, ...children);
  if (at >= 0) controls().find((each, place) => place >= at && !each.disabled)?.focus();
}

const told = (said) => said[w("language") === "id" ? 0 : 1];

const written = (value) =>
  Number.isInteger(value) ? String(value) : value.toLocaleString(w("language"), { maximumSignificantDigits: 4 });

async function startDrafts() {
  speakOfDrafts(document.documentElement.lang);
  setDataBase(document.body.dataset.base);
  try {
    new DraftPage(await load("map-uji.json"));
    document.documentElement.dataset.ready = "listed";
  } catch (error) {
    const trouble = document.getElementById("masalah");
    trouble.hidden = false;
    fill(trouble, el("p", {}, w(error.status === 404 ? "nodata" : "failed")));
    document.documentElement.dataset.ready = "failed";
  }
}

startDrafts();
