// What a map looks like, told to a pen. A scene says what there is:
//   colours   from palette.js; `bare`: whether a picture of tiles lies behind
//   sheets    drawings from back to front, each {drawing, fill(row) → colour or null, lines: [[kind, line], …]}
//   undrawn   rings [x, y, …] in the world of ground that the base map does not draw: hatched, below all sheets
//   marks     outlines over all, each {drawing, row, line}
//   labels    [{x, y, text, seats, room: [w, h], ink, halo}] in the world, the most important first
//   bubbles   the seat view: [{x, y, radius, seats, dots, colour, name}] in the world, or null
//   point     {x, y, radius} in the world, or null: radius is how sure the place is
import { latAt, lonAt, worldX, worldY } from "./drawing.js";
import { strokesOf } from "./hatch.js";
import { t } from "../state/words.js";

export const SANS = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif';
const CROWDED = 22; // pixels of a feature of middle size, below which lines are thin
const DEGREE_STEPS = [10, 5, 2, 1, 0.5, 0.2, 0.1];

export function paintGround(pen, scene) {
  for (const _ of groundSteps(pen, scene));
}

// The same in steps, between which a picture of the screen may pass.
export function* groundSteps(pen, scene) {
  const { view } = pen;
  if (!scene.bare) pen.rect(0, 0, view.width, view.height, scene.colours.sea);
  graticule(pen, scene.colours);
  paintUndrawn(pen, scene);
  for (const { drawing, fill, lines } of scene.sheets) {
    const area = (row) => {
      const colour = fill(row);
      if (colour) pen.area(drawing, row, colour);
      return colour ? drawing.sizeOf(row) : 0;
    };
    yield* within(pen, drawing, seen(drawing, view), area);
    const crowded = drawing.typical * view.scale < CROWDED;
    const stroke = ([kind, line]) => {
      pen.line(drawing, kind, crowded ? { ...line, ...line.thin } : line);
      return drawing.sizeOfLine(kind);
    };
    yield* within(pen, drawing, lines, stroke);
  }
}

const STEP = 8000; // coordinates

// Draw `items` in the coordinates of a drawing, in steps; `draw` says how many coordinates each had.
function* within(pen, drawing, items, draw) {
  let size = 0;
  pen.enter(drawing);
  for (const item of items) {
    size += draw(item);
    if (size < STEP) continue;
    pen.outside();
    yield;
    pen.enter(drawing);
    size = 0;
  }
  pen.outside();
}

export function paintOver(pen, scene) {
  for (const _ of overSteps(pen, scene));
}

export function* overSteps(pen, scene) {
  for (const { drawing, row, line } of scene.marks) {
    pen.within(drawing, () => pen.outline(drawing, row, line));
  }
  yield;
  if (scene.bubbles) yield* bubbleSteps(pen, scene);
  else paintLabels(pen, scene);
  if (scene.point) paintPoint(pen, scene);
}

const HATCH = 6; // pixels between strokes
const SPECK = 4; // pixels across; a shorter stroke is not seen to be one

function paintUndrawn(pen, scene) {
  for (const stroke of undrawnStrokes(scene, pen.view)) pen.polyline(stroke, { colour: scene.colours.hatch, width: 1.2 });
}

function undrawnStrokes({ undrawn }, { scale, tx, ty, width, height }) {
  return undrawn.flatMap((world) => {
    const ring = world.map((value, at) => value * scale + (at & 1 ? ty : tx));
    return strokesOf(ring, HATCH, width, height);
  });
}

// Whether hatching is to be seen in a view, so that the legend must tell of it.
export function isHatched(scene, view) {
  return undrawnStrokes(scene, view).some(([[from], [to]]) => to - from >= SPECK);
}

// Rows of features whose box meets the view.
function seen(drawing, view) {
  const [left, top] = [-view.tx / view.scale - drawing.origin[0], -view.ty / view.scale - drawing.origin[1]];
  const [right, bottom] = [left + view.width / view.scale, top + view.height / view.scale];
  const rows = [];
  drawing.boxes.forEach((box, row) => {
    if (box[0] <= right && box[2] >= left && box[1] <= bottom && box[3] >= top) rows.push(row);
  });
  return rows;
}

const NOTE_LON = 92.6; // where parallels are named: west of all land
const ROOMY = 10; // pixels a degree, below which there is no room west of the land on a screen
const NOTE_LAT = -12.4; // where meridians are: south of it

function graticule(pen, colours) {
  const { scale, tx, ty, width, height } = pen.view;
  const degrees = ((width / scale) * 360) / 256;
  const step = DEGREE_STEPS.find((each) => degrees / each >= 4) ?? 0.1;
  const [west, north] = [lonAt(-tx / scale), latAt(-ty / scale)];
  const [east, south] = [lonAt((width - tx) / scale), latAt((height - ty) / scale)];
  const note = { font: `400 10px ${SANS}`, colour: colours.gridInk, halo: colours.sea };
  for (let at = Math.ceil(west / step); at * step <= east; at++) {
    const x = worldX(at * step) * scale + tx;
    pen.polyline(
      [
        [x, 0],
        [x, height],
      ],
      { colour: colours.grid, width: 1 },
    );
    if (step >= 5 && at * step > NOTE_LON)
      pen.text(t("east", { n: at * step }), x, worldY(NOTE_LAT) * scale + ty, note);
  }
  for (let at = Math.ceil(Math.max(south, -80) / step); at * step <= Math.min(north, 80); at++) {
    const y = worldY(at * step) * scale + ty;
    pen.polyline(
      [
        [0, y],
        [width, y],
      ],
      { colour: colours.grid, width: at === 0 ? 1.6 : 1 },
    );
    if (step >= 5 && Math.abs(at * step) <= 10 && width / degrees > ROOMY)
      pen.text(parallelName(at * step), worldX(NOTE_LON) * scale + tx, y, note);
  }
}

function parallelName(lat) {
  return lat === 0 ? "0°" : t(lat > 0 ? "north" : "south", { n: Math.abs(lat) });
}

// Labels where they fit: in their own ground, clear of the others and of the edge. A name that does not fit leaves its
// number of seats; what has no room for that stays blank.
function paintLabels(pen, scene) {
  const { scale, tx, ty, width, height } = pen.view;
  const taken = [];
  for (const label of scene.labels) {
    const [x, y] = [label.x * scale + tx, label.y * scale + ty];
    if (x < -50 || y < -20 || x > width + 50 || y > height + 20) continue;
    if (label.box[0] * scale < 12 || label.box[1] * scale < 10) continue;
    const [wide, high] = [label.room[0] * scale, label.room[1] * scale];
    const found = arranged(pen, label, wide, high);
    if (!found) continue;
    const box = [x - found.width / 2 - 2, y - found.height / 2 - 1, x + found.width / 2 + 2, y + found.height / 2 + 1];
    if (taken.some((other) => box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1]))
      continue;
    taken.push(box);
    found.lines.forEach(({ text, font, lead }) =>
      pen.text(text, x, y + lead, { font, colour: label.ink, halo: label.halo }),
    );
  }
}

const NAME_FONTS = [`600 13px ${SANS}`, `600 11px ${SANS}`];
const NAMED_FROM = 2 ** 5.3; // of the nation as a whole, numbers say more than the few names that would fit
const SEAT_FONT = `500 11px ${SANS}`;
const ALONE_FONT = `600 11px ${SANS}`;

function arranged(pen, { text, seats }, wide, high) {
  const named = text && pen.view.scale > NAMED_FROM;
  for (const font of named ? NAME_FONTS : []) {
    const width = pen.widthOf(text, font);
    if (width * 0.94 > wide) continue;
    if (seats && high > 30) {
      return {
        width,
        height: 29,
        lines: [
          { text, font, lead: -7 },
          { text: seats, font: SEAT_FONT, lead: 8 },
        ],
      };
    }
    if (high > 13) return { width, height: 14, lines: [{ text, font, lead: 0 }] };
  }
  if (!seats) return null;
  const width = pen.widthOf(seats, ALONE_FONT);
  if (width + 2 > wide || high < 12) return null;
  return { width, height: 13, lines: [{ text: seats, font: ALONE_FONT, lead: 0 }] };
}

const LEAST_DOT = 0.7; // pixels
const [DISCS, DOTS] = [80, 500]; // in a step

// Whether a seat view is so far off that discs alone are drawn: the legend must not speak of dots then.
export function dotsAreFine(bubbles, scale) {
  return Boolean(bubbles?.length) && bubbles.every(({ dot }) => dot * scale < LEAST_DOT);
}

// A dapil as a disc with a dot for each seat; too small for dots, it is a plain disc of the same size.
function* bubbleSteps(pen, { bubbles, colours }) {
  const { scale, tx, ty, width, height } = pen.view;
  const shown = bubbles.filter(({ x, y, radius }) => {
    const [px, py, r] = [x * scale + tx, y * scale + ty, radius * scale + 20];
    return px > -r && py > -r && px < width + r && py < height + r;
  });
  let drawn = 0;
  for (const { x, y, radius, dot, colour } of shown) {
    const fine = dot * scale < LEAST_DOT; // nothing to be seen of dots: the disc itself stands for them
    pen.circles([[x * scale + tx, y * scale + ty, radius * scale]], fine ? (colour.fine ?? colour.dot) : colour.disc, {
      colour: colours.sea,
      width: 1,
    });
    if (++drawn % DISCS === 0) yield;
  }
  const dots = new Map();
  for (const bubble of shown) {
    const size = bubble.dot * scale;
    if (size < LEAST_DOT) continue;
    bubble.dots.forEach(([dx, dy], seat) => {
      const colour = bubble.colours?.[seat] ?? bubble.colour.dot;
      if (!dots.has(colour)) dots.set(colour, []);
      dots.get(colour).push([(bubble.x + dx) * scale + tx, (bubble.y + dy) * scale + ty, size]);
    });
  }
  for (const [colour, places] of dots) {
    for (let at = 0; at < places.length; at += DOTS) {
      pen.circles(places.slice(at, at + DOTS), colour);
      yield;
    }
  }
  for (const bubble of shown) {
    const [px, py, r] = [bubble.x * scale + tx, bubble.y * scale + ty, bubble.radius * scale];
    if (bubble.chosen) pen.circles([[px, py, r + 2]], "transparent", { colour: colours.chosen, width: 2.5 });
    const font = `600 11px ${SANS}`;
    if (r > 21 && pen.widthOf(bubble.name, font) < 2 * r + 12) {
      pen.text(bubble.name, px, py + r + 8, { font, colour: colours.ink, halo: colours.halo });
    }
  }
}

function paintPoint(pen, { point, colours }) {
  const { scale, tx, ty } = pen.view;
  const [x, y] = [point.x * scale + tx, point.y * scale + ty];
  const around = point.radius * scale;
  if (around > 9) pen.circles([[x, y, around]], `${colours.point}22`, { colour: colours.point, width: 1 });
  pen.circles([[x, y, 7]], colours.point, { colour: colours.chosenHalo, width: 2.5 });
}
