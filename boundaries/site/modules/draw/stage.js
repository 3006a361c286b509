// The map: what is painted on it, and what happens when it is pointed at.
import { drawnAt, focusBox, sceneOf, wantedDetails } from "./scene.js";
import { lonAt, latAt, worldX, worldY } from "./drawing.js";
import { el, icon, ICONS } from "./dom.js";
import { dotsAreFine, groundSteps, isHatched, overSteps } from "./paint.js";
import { CanvasPen } from "./pens.js";
import { canvasLayer, makeMap, pictureView, showBox } from "./view.js";
import { themePaint, tipText } from "./themetext.js";
import { unitRow } from "../state/results.js";
import { nice, seatsText, t } from "../state/words.js";

const FINGER = 11; // pixels that a tap is good to
const CURSOR = 3;

export class Stage {
  // `quiet` says whether motion is unwanted; `drawn` is told once the map has its first picture.
  constructor(element, index, { quiet, tiles, drawn }) {
    this.quiet = quiet;
    this.bare = Boolean(tiles);
    this.map = makeMap(element, { quiet, tiles, bounds: index.bbox });
    this.scene = null;
    this.probe = document.createElement("canvas").getContext("2d");
    this.tip = el("div", { class: "tip", hidden: true });
    element.append(this.tip);
    const stage = this;
    this.ground = canvasLayer(function* (context, view, ratio) {
      if (!stage.scene) return;
      yield* groundSteps(new CanvasPen(context, view, ratio), stage.scene);
      drawn();
    }, "ground");
    this.over = canvasLayer(function* (context, view, ratio) {
      if (stage.scene) yield* overSteps(new CanvasPen(context, view, ratio), stage.withPointed());
    }, "over");
    this.fitted = false;
  }

  // Begin to draw: only once the map knows where it is.
  begin(app) {
    this.app = app;
    this.map.on("moveend", () => this.moved());
    this.map.on("click", (event) => this.tapped(event));
    this.map.on("mousemove", (event) => this.hovered(event));
    this.map.on("mouseout", () => this.hovered(null));
    this.map.on("dragstart zoomstart", () => this.hovered(null));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  draw() {
    if (!this.app) return;
    this.scene = sceneOf(this.app.state, this.app.known, { bare: this.bare });
    if (!this.map.hasLayer(this.ground)) {
      this.map.addLayer(this.ground);
      requestAnimationFrame(() => this.map.addLayer(this.over));
      return;
    }
    this.ground.redraw();
    this.over.redrawNext(); // names are laid out in a task of their own
  }

  // Whether the seat view is too far off for its dots.
  dotsAreFine() {
    return dotsAreFine(this.scene?.bubbles, 2 ** this.map.getZoom());
  }

  // Whether the map shows ground that is not drawn.
  isHatched() {
    const { x, y } = this.map.getSize();
    return Boolean(this.scene) && isHatched(this.scene, pictureView(this.map, x, y, 1));
  }

  // Show a box of degrees, or [zoom, lat, lon]. The first time at once, and later where it is to be `still`.
  fit(where, still = false) {
    const quiet = this.quiet || still || !this.fitted;
    this.byItself(() => {
      if (where.length === 3) this.map.setView([where[1], where[2]], where[0], { animate: false });
      else showBox(this.map, where, quiet);
    });
    this.flying = !quiet && where.length !== 3; // its end comes later
    this.fitted = true;
  }

  resized() {
    this.byItself(() => this.map.invalidateSize({ animate: false, pan: true }));
  }

  // Move the map without this being taken for a person's doing.
  byItself(move) {
    this.placing = true;
    move();
    this.placing = false;
  }

  fitWorld({ drawing, codes }, quiet = false) {
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    drawing.features.forEach(({ id }, row) => {
      if (!codes.has(id)) return;
      const [left, top, right, bottom] = drawing.boxes[row];
      [box[0], box[1], box[2], box[3]] = [
        Math.min(box[0], left),
        Math.min(box[1], top),
        Math.max(box[2], right),
        Math.max(box[3], bottom),
      ];
    });
    const [x, y] = drawing.origin;
    if (box[0] < box[2])
      this.fit([lonAt(box[0] + x), latAt(box[3] + y), lonAt(box[2] + x), latAt(box[1] + y)], quiet);
  }

  whole() {
    this.fit(focusBox(this.app.state, this.app.known));
  }

  details(state) {
    const bounds = this.map.getBounds();
    const box = [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
    return wantedDetails(this.app.known, state, this.map.getZoom(), box);
  }

  // After the page moved the map its place is not part of the address; after a person did, it is.
  moved() {
    const { app } = this;
    if (this.flying) this.flying = false;
    else if (!this.placing) {
      const { lat, lng } = this.map.getCenter();
      app.state.peta = [Number(this.map.getZoom().toFixed(2)), Number(lat.toFixed(4)), Number(lng.toFixed(4))];
      clearTimeout(this.writing);
      this.writing = setTimeout(() => app.write(false), 300);
    }
    app.addDetails();
  }

  // The dapil under a place of the screen, or null.
  at({ lat, lng }) {
    const { known, state } = this.app;
    const [x, y] = [worldX(lng), worldY(lat)];
    if (state.tampil === "kursi" && this.scene?.bubbles) {
      return this.scene.bubbles.find((each) => Math.hypot(each.x - x, each.y - y) <= each.radius)?.id ?? null;
    }
    for (const drawing of [...known.details.values(), known.overview]) {
      const row = drawing ? drawing.at(x, y, this.probe) : -1;
      if (row >= 0) return drawing.features[row].id;
    }
    return null;
  }

  tapped({ latlng, originalEvent }) {
    const { app } = this;
    const { lat, lng } = latlng.wrap();
    const id = this.at(latlng);
    if (app.state.tampil === "kursi") {
      if (id) app.go({ dapil: id, unit: "", titik: null });
      return;
    }
    const metres = (40_075_017 * Math.cos((lat * Math.PI) / 180)) / 256 / 2 ** this.map.getZoom();
    const accuracy = metres * (originalEvent?.pointerType === "mouse" ? CURSOR : FINGER);
    const titik = { lat: Number(lat.toFixed(5)), lon: Number(lng.toFixed(5)), accuracy };
    app.go({ titik, unit: "", dapil: id ?? "" });
  }

  hovered(event) {
    const touch =
      event?.originalEvent?.pointerType === "touch" || event?.originalEvent?.sourceCapabilities?.firesTouchEvents;
    const id = event && !touch && !this.map.dragging?.moving?.() ? this.at(event.latlng) : null;
    this.last = event;
    const facts = id && this.app.known.facts?.byId.get(id);
    if (id && !facts) this.app.learn(id).then((learnt) => learnt && this.last === event && this.hovered(event));
    this.tip.hidden = !facts;
    if (facts) {
      this.tip.replaceChildren(el("strong", {}, nice(facts.nama_dapil)), ` ${seatsText(facts.kursi)}`, ...this.themeTip(facts, event.latlng));
      const { x, y } = event.containerPoint;
      const left = Math.min(x + 14, this.map.getSize().x - this.tip.offsetWidth - 6);
      this.tip.style.transform = `translate(${Math.round(left)}px, ${Math.round(y + 14)}px)`;
    }
    this.map.getContainer().classList.toggle("pointing", Boolean(facts));
    if ((this.app.pointed || "") !== (id || "")) this.app.point(id || "");
  }

  // What the theme says of the dapil, or of the kecamatan, under the pointer: a line of its own.
  themeTip(facts, { lat, lng }) {
    const { known, state } = this.app;
    if (state.banding) return [];
    const paint = themePaint(state, known);
    const unit = known.unitVotes && known.units ? known.units.at(worldX(lng), worldY(lat), this.probe) : -1;
    if (unit < 0) {
      const text = known.unitVotes ? "" : tipText(state, known, paint, facts);
      return text ? [el("br"), text] : [];
    }
    const { id, properties } = known.units.features[unit];
    const votes = unitRow(known.unitVotes, id);
    return [el("br"), el("strong", {}, properties.nama), " ", votes ? tipText(state, known, paint, votes) : t("noreading")];
  }

  // The scene with what is pointed at.
  withPointed() {
    const { app, scene } = this;
    const marks = [...scene.marks];
    const line = { colour: scene.colours.over, width: 1.6 };
    const found = app.pointed && drawnAt(app.known, app.pointed);
    if (found && !scene.bubbles) marks.push({ ...found, line });
    if (app.pointedPlace) {
      for (const drawing of [...app.known.details.values(), app.known.overview, app.known.land]) {
        drawing?.features.forEach(({ properties }, row) => {
          const code = app.pointedPlace.length > 2 ? properties.kode_kabkota : properties.kode_provinsi;
          if (
            code === app.pointedPlace &&
            (drawing !== app.known.overview || !app.known.details.has(properties.kode_provinsi))
          )
            marks.push({ drawing, row, line });
        });
      }
    }
    const bubbles = scene.bubbles?.map((each) => (each.id === app.pointed ? { ...each, chosen: true } : each)) ?? null;
    return { ...scene, marks, bubbles };
  }

  // Buttons over the map.
  tools() {
    const button = (label, inside, act) =>
      el("button", { type: "button", "aria-label": label, title: label, onclick: act }, inside);
    return el(
      "div",
      { class: "zoom", role: "group", "aria-label": t("view") },
      button(t("zoomin"), "+", () => this.map.zoomIn()),
      button(t("zoomout"), "−", () => this.map.zoomOut()),
      button(t("whole"), icon(ICONS.whole), () => this.whole()),
    );
  }
}
