// The present view as a picture: PNG through a canvas, SVG as text. Both carry their title, legend and attribution.
import { legendEntries } from "./legend.js";
import { paintGround, paintOver, SANS } from "./paint.js";
import { CanvasPen, SvgPen } from "./pens.js";
import { sceneOf } from "./scene.js";
import { pictureView } from "./view.js";
import { t, told } from "./words.js";

const MARGIN = 24;
const HEAD = 66;
const FOOT = 46;
const RATIO = 2; // device pixels a pixel of a PNG

export function titleOf({ state, known }) {
  const place =
    known.kabkota?.find(([kode]) => kode === state.kab)?.[1] ??
    known.index.provinces.find(({ kode }) => kode === state.prov)?.nama ??
    t("nation");
  const years = state.banding ? `${state.banding} → ${state.tahun}` : state.tahun;
  return `Dapil ${t(state.lembaga)} ${years}: ${place}`;
}

function creditOf({ source, release }) {
  const closed = source.open === false ? ` ${t("closed")}` : "";
  return [
    `${t("source")}: ${told(source.title)} (${source.attribution}). ${t("licence")}: ${source.licence}.${closed}`,
    `Peta Dapil, ${release}. ${t("caution")}`,
  ];
}

// Paint the picture with a pen that `make`s itself for a view; returns the pen.
function paintPicture(app, map, make) {
  const size = map.getSize();
  const [width, height] = [Math.max(size.x, 640), Math.max(size.y, 400)];
  const view = pictureView(map, width, height, Math.min(width / size.x, height / size.y));
  const whole = { ...view, ty: view.ty + HEAD, height: height + HEAD + FOOT };
  const scene = sceneOf(app.state, app.known, { dark: false });
  const pen = make(whole);
  paintGround(pen, scene);
  paintOver(pen, scene);
  frame(pen, app, scene, whole);
  return pen;
}

function frame(pen, app, { colours }, { width, height }) {
  pen.rect(0, 0, width, HEAD, colours.paper);
  pen.rect(0, height - FOOT, width, FOOT, colours.paper);
  pen.text(titleOf(app), MARGIN, 24, { font: `700 19px ${SANS}`, colour: colours.ink, align: "left" });
  legendLine(pen, app, colours, 49);
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

function legendLine(pen, app, colours, y) {
  const { title, items } = legendEntries(app.state, app.known, colours);
  const font = `400 12px ${SANS}`;
  let x = MARGIN;
  const write = (text) => {
    pen.text(text, x, y, { font, colour: colours.soft, align: "left" });
    x += pen.widthOf(text, font) + 14;
  };
  if (title) write(`${title}:`);
  for (const [colour, text, kind] of items) {
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
    else if (kind === "dot") pen.circles([[x + 8, y, 3]], colour);
    else if (kind === "disc") pen.circles([[x + 8, y, 7]], colour);
    else pen.rect(x, y - 6, 16, 12, colour);
    x += 21;
    write(text);
  }
}

export function svgPicture(app, map) {
  const pen = paintPicture(app, map, (view) => new SvgPen(view));
  const text = pen.file(titleOf(app), creditOf(app.index).join(" "));
  return new Blob([text], { type: "image/svg+xml" });
}

export function pngPicture(app, map) {
  const canvas = document.createElement("canvas");
  paintPicture(app, map, (view) => {
    Object.assign(canvas, { width: view.width * RATIO, height: view.height * RATIO });
    return new CanvasPen(canvas.getContext("2d"), view, RATIO);
  });
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

// Hand a file to the person.
export function handOver(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

export function pictureName({ state }) {
  return [
    "peta-dapil",
    state.lembaga,
    state.tahun,
    state.banding && `vs-${state.banding}`,
    state.kab || state.prov,
    state.tampil === "kursi" && "kursi",
  ]
    .filter(Boolean)
    .join("-");
}
