// Two pens with the same strokes: one draws on a canvas, one writes SVG. What is painted is told once (paint.js), so
// a saved picture is the view itself. Lines: {colour, width, dash}, in pixels.

// `view`: {scale, tx, ty, width, height}: pixels = world * scale + t. `ratio`: device pixels a pixel.
export class CanvasPen {
  constructor(context, view, ratio) {
    Object.assign(this, { context, view, ratio });
    this.outside();
  }

  outside() {
    this.context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    this.unit = 1;
  }

  // Do `work` in the coordinates of a drawing.
  within(drawing, work) {
    this.enter(drawing);
    work();
    this.outside();
  }

  enter(drawing) {
    const { scale, tx, ty } = this.view;
    const [x, y] = drawing.origin;
    const k = this.ratio * scale;
    this.context.setTransform(k, 0, 0, k, this.ratio * (x * scale + tx), this.ratio * (y * scale + ty));
    this.unit = 1 / scale;
  }

  area(drawing, row, colour) {
    this.context.fillStyle = colour;
    this.context.fill(drawing.shape(row), "evenodd");
  }

  outline(drawing, row, line) {
    this.stroked(line, () => this.context.stroke(drawing.shape(row)));
  }

  line(drawing, kind, line) {
    this.stroked(line, () => this.context.stroke(drawing.line(kind)));
  }

  stroked({ colour, width, dash = [] }, work) {
    const { context, unit } = this;
    Object.assign(context, { strokeStyle: colour, lineWidth: width * unit, lineJoin: "round", lineCap: "butt" });
    context.setLineDash(dash.map((each) => each * unit));
    work();
  }

  polyline(points, line) {
    this.context.beginPath();
    points.forEach(([x, y], at) => (at ? this.context.lineTo(x, y) : this.context.moveTo(x, y)));
    this.stroked(line, () => this.context.stroke());
  }

  rect(x, y, width, height, colour) {
    this.context.fillStyle = colour;
    this.context.fillRect(x, y, width, height);
  }

  // Circles of one colour, [x, y, radius] each; `line` may be null.
  circles(places, colour, line = null) {
    const { context } = this;
    context.beginPath();
    for (const [x, y, radius] of places) {
      context.moveTo(x + radius, y);
      context.arc(x, y, radius, 0, 2 * Math.PI);
    }
    context.fillStyle = colour;
    context.fill();
    if (line) this.stroked(line, () => context.stroke());
  }

  // Text centred at a place (align "left": begun there); `halo` is the colour around it, or null.
  text(text, x, y, { font, colour, halo = null, align = "center" }) {
    const { context } = this;
    Object.assign(context, { font, textAlign: align, textBaseline: "middle" });
    if (halo) {
      this.stroked({ colour: halo, width: 3 }, () => context.strokeText(text, x, y));
    }
    context.fillStyle = colour;
    context.fillText(text, x, y);
  }

  widthOf(text, font) {
    this.context.font = font;
    return this.context.measureText(text).width;
  }
}

const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

function escaped(text) {
  // What XML cannot hold goes too: control characters would make the file unreadable.
  return String(text)
    .replace(/[&<>"]/g, (sign) => ESCAPES[sign])
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, "");
}

function short(value) {
  return String(Math.round(value * 10) / 10);
}

export class SvgPen {
  constructor(view) {
    this.view = view;
    this.parts = [];
    this.measure = document.createElement("canvas").getContext("2d");
  }

  within(drawing, work) {
    work();
  }

  enter() {}

  outside() {}

  area(drawing, row, colour) {
    this.parts.push(`<path fill="${escaped(colour)}" d="${this.path(drawing, drawing.rings(row), true)}"/>`);
  }

  outline(drawing, row, line) {
    this.stroke(this.path(drawing, drawing.rings(row), true), line);
  }

  line(drawing, kind, line) {
    const arcs = (drawing.kinds.get(kind) ?? []).map((arc) => drawing.arcs[arc]);
    this.stroke(this.path(drawing, arcs, false), line);
  }

  // Path data on a grid of a tenth of a pixel; what lies outside the view altogether is left out.
  path(drawing, lines, closed) {
    const { scale, tx, ty, width, height } = this.view;
    const [x0, y0] = [drawing.origin[0] * scale + tx, drawing.origin[1] * scale + ty];
    const data = [];
    for (const points of lines) {
      let text = "";
      let [last, left, top, right, bottom] = ["", Infinity, Infinity, -Infinity, -Infinity];
      for (let i = 0; i < points.length; i += 2) {
        const [x, y] = [x0 + points[i] * scale, y0 + points[i + 1] * scale];
        [left, top, right, bottom] = [Math.min(left, x), Math.min(top, y), Math.max(right, x), Math.max(bottom, y)];
        const place = `${short(x)} ${short(y)}`;
        if (place !== last) text += `${last ? "L" : "M"}${place}`;
        last = place;
      }
      if (right >= 0 && left <= width && bottom >= 0 && top <= height) data.push(closed ? `${text}Z` : text);
    }
    return data.join("");
  }

  stroke(data, { colour, width, dash = [] }) {
    const dashes = dash.length ? ` stroke-dasharray="${dash.join(" ")}"` : "";
    const style = `fill="none" stroke="${escaped(colour)}" stroke-width="${width}" stroke-linejoin="round"${dashes}`;
    if (data) this.parts.push(`<path ${style} d="${data}"/>`);
  }

  polyline(points, line) {
    this.stroke(points.map(([x, y], at) => `${at ? "L" : "M"}${short(x)} ${short(y)}`).join(""), line);
  }

  rect(x, y, width, height, colour) {
    const box = `x="${short(x)}" y="${short(y)}" width="${short(width)}" height="${short(height)}"`;
    this.parts.push(`<rect ${box} fill="${escaped(colour)}"/>`);
  }

  circles(places, colour, line = null) {
    const style = line ? ` stroke="${escaped(line.colour)}" stroke-width="${line.width}"` : "";
    const all = places.map(
      ([x, y, r]) => `<circle cx="${short(x)}" cy="${short(y)}" r="${Math.round(r * 100) / 100}"/>`,
    );
    this.parts.push(`<g fill="${escaped(colour)}"${style}>${all.join("")}</g>`);
  }

  text(text, x, y, { font, colour, halo = null, align = "center" }) {
    const [, weight, size, family] = /^(\S+) ([\d.]+)px (.*)$/.exec(font);
    const anchor = align === "center" ? "middle" : "start";
    const ring = halo ? ` stroke="${escaped(halo)}" stroke-width="3" stroke-linejoin="round" paint-order="stroke"` : "";
    const face = `font-family="${escaped(family)}" font-weight="${weight}" font-size="${size}"`;
    const style = `${face} fill="${escaped(colour)}"${ring}`;
    const place = `x="${short(x)}" y="${short(y)}" text-anchor="${anchor}" dominant-baseline="central"`;
    this.parts.push(`<text ${place} ${style}>${escaped(text)}</text>`);
  }

  widthOf(text, font) {
    this.measure.font = font;
    return this.measure.measureText(text).width;
  }

  // The whole file.
  file(title, description) {
    const { width, height } = this.view;
    const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`;
    return (
      `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img"><title>${escaped(title)}</title>` +
      `<desc>${escaped(description)}</desc><g fill-rule="evenodd">${this.parts.join("\n")}</g></svg>\n`
    );
  }
}
