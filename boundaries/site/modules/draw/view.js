// The map on the screen: Leaflet moves and zooms, two canvases of our own draw. Leaflet is a classic script: `L`.
import { worldBox } from "./drawing.js";
import { fitting, STEP } from "./fitting.js";
import { nextTask } from "../state/slices.js";

const FRAME = 90; // milliseconds that a picture of the screen may take, all of it; what is left comes with the next
const FEW = 4; // steps, of which what they took says nothing of one

// A Leaflet layer that lets `paint(context, view, ratio)` draw its canvas whenever the view has changed, in steps: a
// generator. A fast device does them all for one picture of the screen.
export function canvasLayer(paint, pane) {
  const Layer = L.Renderer.extend({
    initialize() {
      L.Renderer.prototype.initialize.call(this, { pane, padding: 0.2 });
      this._layers = {}; // of Leaflet's own shapes: there are none
    },
    _initContainer() {
      this._container = document.createElement("canvas");
      this._container.setAttribute("aria-hidden", "true");
      this._context = this._container.getContext("2d");
      this._cost = 20; // milliseconds of a step, as it was seen last
    },
    _destroyContainer() {
      cancelAnimationFrame(this._asked);
      cancelAnimationFrame(this._going);
      this._container.remove();
      delete this._container;
    },
    _update() {
      if (this._map._animatingZoom && this._bounds) return;
      L.Renderer.prototype._update.call(this);
      const size = this._bounds.getSize();
      L.DomUtil.setPosition(this._container, this._bounds.min);
      this._halt();
      this._ratio = Math.min(window.devicePixelRatio || 1, 2);
      const [width, height] = [Math.round(size.x * this._ratio), Math.round(size.y * this._ratio)];
      if (this._container.width !== width || this._container.height !== height) {
        Object.assign(this._container, { width, height });
        this._container.style.width = `${size.x}px`;
        this._container.style.height = `${size.y}px`;
      }
      this.redraw();
    },
    // Draw before the next picture of the screen; asked twice, drawn once.
    redraw() {
      if (this._asked || !this._container) return;
      this._asked = requestAnimationFrame(() => {
        this._asked = 0;
        if (this._map && this._bounds) this.drawNow();
      });
    },
    // The same, a picture later.
    redrawNext() {
      if (!this._asked && this._container) this._asked = requestAnimationFrame(() => {
        this._asked = 0;
        this.redraw();
      });
    },
    drawNow() {
      this._halt();
      const context = this._context;
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.clearRect(0, 0, this._container.width, this._container.height);
      this._go(paint(context, screenView(this._map, this._bounds), this._ratio));
    },
    _go(steps) {
      const began = performance.now();
      const most = Math.max(FEW, FRAME / this._cost);
      let [done, taken] = [false, 0];
      while (!done && taken < most && performance.now() - began < FRAME / 2) {
        done = steps.next().done;
        taken += 1;
      }
      this._container.toggleAttribute("data-drawing", !done);
      this._going = done ? 0 : requestAnimationFrame(() => this._go(steps));
      // What was told to a canvas may be drawn only with the picture: then it is known what it took.
      if (taken >= FEW) nextTask().then(() => (this._cost = (performance.now() - began) / taken));
    },
    _halt() {
      cancelAnimationFrame(this._going);
      this._going = 0;
    },
  });
  return new Layer();
}

function screenView(map, bounds) {
  const zoom = map._animatingZoom ? map._animateToZoom : map.getZoom();
  const origin = map.getPixelOrigin();
  const size = bounds.getSize();
  return {
    scale: 2 ** zoom,
    tx: -origin.x - bounds.min.x,
    ty: -origin.y - bounds.min.y,
    width: size.x,
    height: size.y,
  };
}

// Make the map in `element`. `quiet`: without animation.
export function makeMap(element, { quiet, tiles, bounds }) {
  const map = L.map(element, {
    zoomSnap: STEP,
    zoomDelta: 0.75,
    wheelPxPerZoomLevel: 90,
    minZoom: 2.5,
    maxZoom: 16,
    attributionControl: false,
    zoomControl: false,
    maxBoundsViscosity: 0.8,
    keyboardPanDelta: 90,
    zoomAnimation: !quiet,
    fadeAnimation: !quiet,
    markerZoomAnimation: false,
    inertia: !quiet,
    // More in the south: the legend may lie there.
    maxBounds: L.latLngBounds([bounds[1] - 24, bounds[0] - 22], [bounds[3] + 14, bounds[2] + 22]),
  });
  map.createPane("ground").style.zIndex = 250;
  map.createPane("over").style.zIndex = 450;
  for (const name of ["ground", "over"]) map.getPane(name).style.pointerEvents = "none";
  if (tiles)
    L.tileLayer(tiles, { maxZoom: 19, crossOrigin: true, referrerPolicy: "strict-origin-when-cross-origin" }).addTo(
      map,
    );
  return map;
}

// Show a box of degrees [west, south, east, north], at once where motion is not wanted.
export function showBox(map, [west, south, east, north], quiet) {
  const size = map.getSize();
  const box = L.latLngBounds([south, west], [north, east]);
  const { side, above, below, zoom } = fitting(worldBox([west, south, east, north]), size.x, size.y);
  const options = {
    paddingTopLeft: [side, above],
    paddingBottomRight: [side, below],
    animate: !quiet,
    duration: 0.6,
    maxZoom: zoom,
  };
  if (quiet) map.fitBounds(box, { ...options, animate: false });
  else map.flyToBounds(box, options);
}

// The view of a picture of its own that holds a box of the world [left, top, right, bottom], with some room around it.
export function boxView([left, top, right, bottom], width, height) {
  const scale = 0.94 * Math.min(width / (right - left), height / (bottom - top));
  return {
    scale,
    tx: width / 2 - ((left + right) / 2) * scale,
    ty: height / 2 - ((top + bottom) / 2) * scale,
    width,
    height,
  };
}

// The view of a picture of its own: what the screen shows, in another size.
export function pictureView(map, width, height, zoomBy) {
  const zoom = map.getZoom() + Math.log2(zoomBy);
  const centre = map.project(map.getCenter(), zoom);
  return { scale: 2 ** zoom, tx: width / 2 - centre.x, ty: height / 2 - centre.y, width, height };
}
