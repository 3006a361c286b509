// The map page: reads where it is, puts the parts together, and shows the first view.
import { App } from "./app.js";
import { Controls } from "./panel/controls.js";
import { el, fill, icon, ICONS } from "./draw/dom.js";
import { showLegend } from "./panel/legend.js";
import { load, setDataBase } from "./state/load.js";
import { SANS } from "./draw/paint.js";
import { forceColours } from "./draw/palette.js";
import { tellHeight } from "./share/frame.js";
import { keepOffline } from "./share/offline.js";
import { watchForTheFull } from "./share/provisional.js";
import { showPanel } from "./panel/panel.js";
import { Paper } from "./share/paper.js";
import { titleOf } from "./share/picture.js";
import { Sharing } from "./share/sharing.js";
import { Stage } from "./draw/stage.js";
import { ThemeMenu } from "./panel/thememenu.js";
import { writeState } from "./state/address.js";
import { number, speak, t } from "./state/words.js";

class MapPage {
  constructor(index, settings) {
    this.index = index;
    this.settings = settings;
    this.root = document.documentElement;
    this.parts = Object.fromEntries(
      ["controls", "panel", "map", "legend", "bar", "status", "trouble", "stage"].map((id) => [
        id,
        document.getElementById(id),
      ]),
    );
    const quiet = matchMedia("(prefers-reduced-motion: reduce)").matches || settings.quiet;
    this.drawn = new Promise((resolve) => {
      this.stage = new Stage(this.parts.map, index, { quiet, tiles: settings.tiles, drawn: resolve });
    });
    this.drawn.then(() => this.clearFirst());
    this.app = new App(index, settings, {
      ground: () => this.draw(),
      over: () => this.stage.over.redraw(),
      panel: (options) => this.showPanel(options),
      controls: () => this.showControls(),
      fit: (where) => this.fit(where),
      fitWorld: (edge, quiet) => this.stage.fitWorld(edge, quiet),
      failed: (error, again) => this.failed(error, again),
      ready: () => this.drawn.then(() => (this.root.dataset.ready = "yes")),
      details: (state) => this.stage.details(state),
      address: () => this.showAddress(),
      whole: (done) => this.root.toggleAttribute("data-whole", done), // for whoever takes a picture of the page
    });
    this.frame(this.app.state);
    this.controls = new Controls(this.parts.controls, this.app);
    this.paper = new Paper(this.parts.stage, this.parts.panel);
    this.sharing = new Sharing(this.app, this.stage);
    this.fillBar();
    this.listen();
  }

  // What was shown until the map is there.
  clearFirst() {
    for (const each of document.querySelectorAll(".outline, .sketch")) each.remove();
  }

  // What somebody else's page wants of this one.
  frame({ bingkai, daftar, warna }) {
    this.root.classList.toggle("framed", bingkai);
    this.root.classList.toggle("bare", bingkai && !daftar);
    if (warna) forceColours(warna === "gelap");
    if (bingkai) tellHeight(this.parts);
  }

  fillBar() {
    const { app, parts } = this;
    this.views = ["wilayah", "kursi"].map((view) =>
      el(
        "button",
        { type: "button", onclick: () => app.go({ tampil: view }), "data-view": view },
        t(view === "kursi" ? "seatview" : "area"),
      ),
    );
    this.grow = el(
      "button",
      {
        type: "button",
        class: "tool grow",
        "aria-expanded": "false",
        "aria-controls": "panel",
        onclick: () => this.toggleList(),
      },
      icon(ICONS.up),
      el("span", {}, t("list")),
    );
    this.themes = new ThemeMenu(this.app);
    this.full = el("a", { class: "tool full", target: "_blank", rel: "noopener" }, t("full"));
    fill(
      parts.bar,
      el("div", { class: "views", role: "group", "aria-label": t("view") }, this.views),
      this.themes.element,
      this.full,
      this.sharing.button(),
    );
    parts.stage.append(this.stage.tools());
    parts.stage.append(this.grow);
  }

  toggleList() {
    const open = this.root.classList.toggle("listed");
    this.grow.setAttribute("aria-expanded", String(open));
    this.grow.querySelector("span").textContent = t("list");
  }

  listen() {
    this.parts.panel.addEventListener("scroll", () => (this.scrolled = true), { passive: true });
    addEventListener("popstate", () => this.app.readAddress());
    addEventListener("beforeprint", () => this.begun && this.paper.lay(this.app, this.stage.map));
    addEventListener("afterprint", () => this.paper.clear());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.begun && this.draw());
    new ResizeObserver(() => this.stage.resized()).observe(this.parts.map);
  }

  // The first fit gives the map its place; from then on it can be drawn.
  fit(where) {
    this.stage.fit(where);
    if (!this.begun) {
      this.begun = true;
      this.stage.begin(this.app);
      this.stage.map.on("moveend", () => this.showLegend());
    }
  }

  draw() {
    this.stage.draw();
    this.showLegend();
    this.parts.map.setAttribute("aria-label", t("maplabel", { what: titleOf(this.app) }));
    this.root.dataset.chamber = this.app.state.lembaga;
  }

  showLegend() {
    const { app, parts, stage } = this;
    if (app.known.facts) showLegend(parts.legend, app, { fine: stage.dotsAreFine(), hatched: stage.isHatched() });
  }

  showControls() {
    this.controls.show();
    this.themes.show();
    for (const button of this.views)
      button.setAttribute("aria-pressed", String(button.dataset.view === this.app.state.tampil));
    this.showAddress();
  }

  // Links that lead to this view elsewhere: in the other language, or out of a frame.
  showAddress() {
    for (const link of document.querySelectorAll("[data-view-link]")) link.hash = location.hash;
    this.full.href = location.href.replace(/#.*/, "") + writeState({ ...this.app.state, bingkai: false });
  }

  showPanel({ focus = false } = {}) {
    const { heading, said } = showPanel(this.parts.panel, this.app);
    if (this.scrolled) this.parts.panel.scrollTop = 0; // which has the page laid out at once
    this.scrolled = false;
    if (focus) heading.focus({ preventScroll: true });
    this.parts.status.textContent = said;
    document.title = `${titleOf(this.app)} · Peta Dapil`;
  }

  // Tell that something could not be loaded, with a way to try again; null: all is well.
  failed(error, again) {
    this.parts.trouble.hidden = !error;
    if (error) this.root.dataset.ready = "failed";
    if (error)
      fill(
        this.parts.trouble,
        el("p", {}, this.app.reason(error)),
        el("button", { type: "button", onclick: again }, t("again")),
      );
  }
}

// Where the page lies and what it may use: written by the server on <body>.
function settingsOf({ dataset }) {
  return {
    base: dataset.base,
    api: dataset.api ?? "",
    downloads: dataset.downloads ?? "",
    tiles: dataset.tiles ?? "",
    worker: dataset.worker ?? "",
    scope: dataset.scope ?? "",
  };
}

async function startPage() {
  const settings = settingsOf(document.body);
  speak(document.documentElement.lang);
  warmUp();
  setDataBase(settings.base, showWaiting);
  watchForTheFull(document.getElementById("provisional"), settings.api);
  try {
    const page = new MapPage(await load("map-index.json"), settings);
    document.getElementById("waiting")?.remove();
    await page.app.show();
    if (location.hash === "#di-sini") page.controls.search.locate(); // a link on another page led here for it
    keepOffline(settings.worker, settings.scope);
  } catch (error) {
    notStarted(error);
    throw error; // for whoever looks at the console
  }
}

// The first number, and the first letter on a canvas, take the browser a while: now, and not with the first view.
function warmUp() {
  setTimeout(() => number(0));
  const context = document.createElement("canvas").getContext("2d");
  for (const weight of [400, 500, 600])
    setTimeout(() => {
      context.font = `${weight} 11px ${SANS}`;
      context.strokeText("0", 9, 9);
      context.fillText("0", 9, 9);
      context.measureText("0");
    });
}

// The server is still making a file: it is asked for again, and meanwhile the page says so. Nothing: it is there.
function showWaiting(file) {
  const text = file ? t("beingmade") : "";
  const waiting = document.getElementById("waiting");
  if (waiting && file) waiting.textContent = text;
  document.getElementById("status").textContent = text;
  const soft = document.getElementById("beingmade");
  soft.textContent = text;
  soft.hidden = !file;
}

function notStarted(error) {
  const reason =
    navigator.onLine === false
      ? t("offline")
      : error.status === 404
        ? t("nodata")
        : t("failed", { what: error.file ?? t("title") });
  const trouble = document.getElementById("trouble");
  trouble.hidden = false;
  fill(trouble, el("p", {}, reason), el("button", { type: "button", onclick: () => location.reload() }, t("again")));
  document.documentElement.dataset.ready = "failed";
}

startPage();
