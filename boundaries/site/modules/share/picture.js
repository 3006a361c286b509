// The present view as a picture: PNG through a canvas, SVG as text and on paper. All carry their title, legend and
// attribution.
import { worldBox } from "../draw/drawing.js";
import { legendEntries } from "../panel/legend.js";
import { dotsAreFine, isHatched, paintGround, paintOver, SANS } from "../draw/paint.js";
import { CanvasPen, SvgPen } from "../draw/pens.js";
import { focusBox, sceneOf } from "../draw/scene.js";
import { boxView, pictureView } from "../draw/view.js";
import { basisText, themeTitle } from "../draw/themetext.js";
import { themeOf } from "../state/themes.js";
import { nice, t, told } from "../state/words.js";

const MARGIN = 24;
const HEAD = 66;
const LEGEND_LINE = 19;
const FOOT = 46;
const RATIO = 2; // device pixels a pixel of a PNG
const PAPER = [1000, 600]; // pixels of the map on paper: across a page, with room for the list under it

export function titleOf({ state, known }) {
  const chosen = state.dapil && known.facts?.byId.get(state.dapil)?.nama_dapil;
  // Where the device is goes into no title: titles are sent on with links and pictures.
  const found = state.titik?.own ? "" : known.place?.names[0];
  const place =
    found ||
    (chosen && nice(chosen)) ||
    (known.kabkota?.find(([kode]) => kode === state.kab)?.[1] ??
      known.index.provinces.find(({ kode }) => kode === state.prov)?.nama ??
      t("nation"));
  const years = state.banding ? `${state.banding} → ${state.tahun}` : state.tahun;
  const theme = themeOf(state);
  const what = state.banding || theme.kind === "seats" || theme.kind === "plain" || !known.facts ? "Dapil" : `${themeTitle({ ...state }, known)},`;
  return `${what} ${t(state.lembaga)} ${years}: ${place}`;
}

function creditOf({ source, release }) {
  const closed = source.open === false ? ` ${t("closed")}` : "";
  return [
    `${t("source")}: ${told(source.title)} (${source.attribution}). ${t("licence")}: ${source.licence}.${closed}`,
    `Peta Dapil, ${release}. ${t("caution")}`,
  ];
}

// All that the screen shows, in a picture of a size.
function screenIn(map, width, height) {
  const size = map.getSize();
  return pictureView(map, width, height, Math.min(width / size.x, height / size.y));
}

function asOnScreen(map) {
  const size = map.getSize();
  return screenIn(map, Math.max(size.x, 640), Math.max(size.y, 400));
}

// Paint the picture of a view with a pen that `make`s itself for it; returns the pen.
function paintPicture(app, view, make) {
  const scene = sceneOf(app.state, app.known, { dark: false });
  const legend = legendLines(app, scene, view, isHatched(scene, view));
  const head = HEAD + LEGEND_LINE * (legend.length - 1);
  const whole = { ...view, ty: view.ty + head, height: view.height + head + FOOT };
  const pen = make(whole);
  paintGround(pen, scene);
  paintOver(pen, scene);
  frame(pen, app, scene, whole, legend);
  return pen;
}

// What the legend tells, in as many lines as it takes: each a list of [colour, words, kind]; a title has no colour.
function legendLines(app, scene, { scale, width }, hatched) {
  const { state, known } = app;
  const { title, items, none } = legendEntries(state, known, scene.colours, dotsAreFine(scene.bubbles, scale));
  const basis = state.banding || !known.facts ? "" : basisText(state, known);
  const all = [...(title ? [["", `${title}${basis ? ` (${basis})` : ""}:`, ""]] : []), ...items];
  if (none) all.push([none, t("legendnone"), "area"]);
  if (hatched) all.push([scene.colours.hatch, t("legendundrawn"), "hatched"]);
  const lines = [[]];
  let room = width - 2 * MARGIN;
  for (const entry of all) {
    const wide = 6.3 * entry[1].length + (entry[2] ? 35 : 14); // about: no pen is there yet to measure by
    if (wide > room && lines.at(-1).length) {
      lines.push([]);
      room = width - 2 * MARGIN;
    }
    lines.at(-1).push(entry);
    room -= wide;
  }
  return lines;
}

function frame(pen, app, scene, { width, height }, legend) {
  const { colours } = scene;
  pen.rect(0, 0, width, HEAD + LEGEND_LINE * (legend.length - 1), colours.paper);
  pen.rect(0, height - FOOT, width, FOOT, colours.paper);
  pen.text(titleOf(app), MARGIN, 24, { font: `700 19px ${SANS}`, colour: colours.ink, align: "left" });
  legend.forEach((line, at) => legendLine(pen, line, colours, 49 + LEGEND_LINE * at));
  creditOf(app.index).forEach((line, at) => {
    const font = `400 ${fitted(pen, line, width - 2 * MARGIN)}px ${SANS}`;
    pen.text(line, MARGIN, height - FOOT + 15 + 17 * at, { font, colour: colours.soft, align: "left" });
  });
}

// The size at which a line fits; what is small can still be read when the picture is enlarged.
function fitted(pen, line, width) {
  const wide = pen.widthOf(line, `400 11px ${SANS}`);
  return Math.max(5, Math.min(11, Math.floor((110 * width) / wide) / 10));
}

function legendLine(pen, entries, colours, y) {
  const font = `400 12px ${SANS}`;
  let x = MARGIN;
  const write = (text) => {
    pen.text(text, x, y, { font, colour: colours.soft, align: "left" });
    x += pen.widthOf(text, font) + 14;
  };
  for (const [colour, text, kind] of entries) {
    if (!kind) {
      write(text);
      continue;
    }
    if (kind === "line")
      pen.polyline(
        [
          [x, y],
          [x + 16, y],
        ],
        { colour, width: 2, dash: [6, 3.5] },
      );
    else if (kind === "solid")
      pen.polyline(
        [
          [x, y],
          [x + 16, y],
        ],
        { colour, width: 1.2 },
      );
    else if (kind === "hatched")
      for (const at of [0, 5, 10])
        pen.polyline(
          [
            [x + at, y - 5],
            [x + at + 6, y + 5],
          ],
          { colour, width: 1.2 },
        );
    else if (kind === "dot") pen.circles([[x + 8, y, 3]], colour);
    else if (kind === "disc") pen.circles([[x + 8, y, 7]], colour);
    else pen.rect(x, y - 6, 16, 12, colour);
    x += 21;
    write(text);
  }
}

function svgText(app, view) {
  const pen = paintPicture(app, view, (whole) => new SvgPen(whole));
  return pen.file(titleOf(app), creditOf(app.index).join(" "));
}

export function svgPicture(app, map) {
  return new Blob([svgText(app, asOnScreen(map))], { type: "image/svg+xml" });
}

// The picture for paper, as an element: the place that is looked at fills it, or what the screen shows where a person
// moved the map or a place in it was found.
export function paperPicture(app, map) {
  const { peta, titik, unit, dapil } = app.state;
  const box = peta || titik || unit || dapil ? null : worldBox(focusBox(app.state, app.known));
  const view = box ? boxView(box, ...PAPER) : screenIn(map, ...PAPER);
  return new DOMParser().parseFromString(svgText(app, view), "image/svg+xml").documentElement;
}

export function pngPicture(app, map) {
  const canvas = document.createElement("canvas");
  paintPicture(app, asOnScreen(map), (view) => {
    Object.assign(canvas, { width: view.width * RATIO, height: view.height * RATIO });
    return new CanvasPen(canvas.getContext("2d"), view, RATIO);
  });
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

export function pictureName({ state }) {
  return [
    "peta-dapil",
    state.lembaga,
    state.tahun,
    state.banding && `vs-${state.banding}`,
    state.kab || state.prov,
    state.tampil === "kursi" && "kursi",
    state.tema !== "kursi" && state.tema,
    state.partai,
  ]
    .filter(Boolean)
    .join("-");
}
