// Zoom and pan of the maps that the server drew, and the tie between a shape and its row of the table.
// Works on the viewBox alone; without this script the map is complete, only still.

const MOST = 40; // how far one can zoom in
const STEP = 1.5;
const NICE = [1, 2, 5];

class Zoom {
  constructor(figure) {
    this.view = figure.querySelector(".view");
    this.svg = figure.querySelector("svg");
    const { width, height } = this.svg.viewBox.baseVal;
    this.whole = { x: 0, y: 0, width, height };
    this.box = { ...this.whole };
    this.scale = this.svg.querySelector(".scale");
    this.at = this.scale.getAttribute("transform");
    this.drawn = [this.scale.querySelector("path").getAttribute("d"), this.scale.querySelector("text").textContent];
    this.metres = Number(this.svg.dataset.metres);
    this.touches = new Map();
    this.mount(figure);
  }

  mount(figure) {
    const { view } = this;
    view.classList.add("live");
    view.tabIndex = 0;
    view.setAttribute("role", "group");
    view.setAttribute("aria-label", this.svg.getAttribute("aria-label"));
    view.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    view.addEventListener("pointerdown", (event) => this.press(event));
    view.addEventListener("pointermove", (event) => this.move(event));
    for (const end of ["pointerup", "pointercancel"]) {
      view.addEventListener(end, (event) => this.release(event));
    }
    view.addEventListener("click", (event) => this.moved && event.preventDefault(), true);
    view.addEventListener("dragstart", (event) => event.preventDefault());
    view.addEventListener("keydown", (event) => this.key(event));
    const tools = figure.querySelector(".tools");
    tools.hidden = false;
    tools.addEventListener("click", ({ target }) => {
      const act = { in: () => this.by(STEP), out: () => this.by(1 / STEP), all: () => this.to(this.whole) };
      act[target.closest("button")?.dataset.zoom]?.();
    });
  }

  // Where an event is, in units of the drawing.
  place(event) {
    const { left, top, width, height } = this.svg.getBoundingClientRect();
    return {
      x: this.box.x + ((event.clientX - left) / width) * this.box.width,
      y: this.box.y + ((event.clientY - top) / height) * this.box.height,
    };
  }

  // Zoom by a factor; the place `about` stays where it is.
  by(factor, about = { x: this.box.x + this.box.width / 2, y: this.box.y + this.box.height / 2 }) {
    const width = Math.min(this.whole.width, Math.max(this.whole.width / MOST, this.box.width / factor));
    const ratio = width / this.box.width;
    this.to({
      x: about.x - (about.x - this.box.x) * ratio,
      y: about.y - (about.y - this.box.y) * ratio,
      width,
      height: this.box.height * ratio,
    });
  }

  // Show a box, kept within the whole.
  to(box) {
    const x = Math.min(Math.max(box.x, 0), this.whole.width - box.width);
    const y = Math.min(Math.max(box.y, 0), this.whole.height - box.height);
    this.box = { ...box, x, y };
    this.svg.setAttribute("viewBox", `${x} ${y} ${box.width} ${box.height}`);
    this.view.classList.toggle("zoomed", this.zoomed);
    this.svg.classList.toggle("zoomed", this.zoomed);
    this.measure();
  }

  get zoomed() {
    return this.box.width < this.whole.width * 0.999;
  }

  // Draw the scale bar anew for what is shown.
  measure() {
    const path = this.scale.querySelector("path");
    const text = this.scale.querySelector("text");
    if (!this.zoomed) {
      this.scale.setAttribute("transform", this.at);
      path.setAttribute("d", this.drawn[0]);
      text.textContent = this.drawn[1];
      return;
    }
    const shrink = this.box.width / this.whole.width;
    const most = (this.metres * this.box.width) / 5;
    const power = 10 ** Math.floor(Math.log10(most));
    const metres = Math.max(...NICE.map((each) => each * power).filter((each) => each <= most));
    const length = metres / this.metres / shrink;
    const format = new Intl.NumberFormat(document.documentElement.lang);
    const [x, y] = [this.box.x + this.box.width - (length + 60) * shrink, this.box.y + this.box.height - 46 * shrink];
    this.scale.setAttribute("transform", `translate(${x} ${y}) scale(${shrink})`);
    path.setAttribute("d", `M0-14v14h${length}v-14`);
    text.textContent = metres >= 1000 ? `${format.format(metres / 1000)} km` : `${format.format(metres)} m`;
  }

  // The wheel scrolls the page, unless the map was chosen (clicked or focused) or Ctrl is held.
  wheel(event) {
    if (!event.ctrlKey && !event.metaKey && !this.view.contains(document.activeElement)) return;
    event.preventDefault();
    this.by(Math.exp(-Math.sign(event.deltaY) * Math.min(Math.abs(event.deltaY), 60) * 0.006), this.place(event));
  }

  press(event) {
    if (event.button) return;
    if (!this.touches.size) this.moved = false;
    this.touches.set(event.pointerId, event);
  }

  move(event) {
    const before = this.touches.get(event.pointerId);
    if (!before) return;
    const far = Math.hypot(event.clientX - before.clientX, event.clientY - before.clientY);
    if (!this.moved && far < 4) return; // a click that trembles
    // One finger scrolls the page until the map is zoomed in.
    if (event.pointerType === "touch" && this.touches.size === 1 && !this.zoomed) return;
    this.moved = true;
    this.view.setPointerCapture(event.pointerId);
    this.view.classList.add("held");
    const others = [...this.touches.values()].filter((each) => each.pointerId !== event.pointerId);
    if (others.length) this.pinch(before, event, others[0]);
    const [from, to] = [this.place(before), this.place(event)];
    const share = others.length ? 0.5 : 1;
    this.to({ ...this.box, x: this.box.x + (from.x - to.x) * share, y: this.box.y + (from.y - to.y) * share });
    this.touches.set(event.pointerId, event);
  }

  pinch(before, event, other) {
    const apart = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) || 1;
    const middle = { clientX: (event.clientX + other.clientX) / 2, clientY: (event.clientY + other.clientY) / 2 };
    this.by(apart(event) / apart(before), this.place(middle));
  }

  release(event) {
    this.touches.delete(event.pointerId);
    if (!this.touches.size) this.view.classList.remove("held");
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const [wide, high] = [this.box.width / 8, this.box.height / 8];
    const shift = { ArrowLeft: [-wide, 0], ArrowRight: [wide, 0], ArrowUp: [0, -high], ArrowDown: [0, high] }[event.key];
    if (shift && this.zoomed) this.to({ ...this.box, x: this.box.x + shift[0], y: this.box.y + shift[1] });
    else if (event.key === "+" || event.key === "=") this.by(STEP);
    else if (event.key === "-") this.by(1 / STEP);
    else if (event.key === "0" || event.key === "Escape") this.to(this.whole);
    else return;
    event.preventDefault();
  }
}

// Pointing at a shape names it below the map and lights its row, and the other way round.
function tie(figure) {
  const pointed = figure.querySelector("[data-pointed]");
  const shapes = [...figure.querySelectorAll(".marks a, .beside a")];
  const rows = new Map();
  for (const row of document.querySelectorAll("[data-rows] tbody tr")) {
    rows.set(row.querySelector("a").getAttribute("href"), row);
  }
  const light = (shape, on) => {
    shape.querySelector("path").classList.toggle("on", on);
    rows.get(shape.getAttribute("href"))?.classList.toggle("on", on);
    pointed.textContent = on ? shape.querySelector("title").textContent : pointed.dataset.idle;
  };
  for (const shape of shapes) {
    const row = rows.get(shape.getAttribute("href"));
    for (const [start, end] of [["pointerenter", "pointerleave"], ["focusin", "focusout"]]) {
      for (const each of row ? [shape, row] : [shape]) {
        each.addEventListener(start, () => light(shape, true));
        each.addEventListener(end, () => light(shape, false));
      }
    }
  }
}

for (const figure of document.querySelectorAll("[data-map]")) {
  new Zoom(figure);
  tie(figure);
}
