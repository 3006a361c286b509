// How a place is fitted into the map: what its picture before the map and the map itself must agree in.

const ABOVE = 52; // pixels: the buttons stand there
const CLOSEST = 11.5;
export const STEP = 0.05; // of zooms, fine enough that a place fills the map that it is shown in
// On a narrow map the legend of many parties is as wide as the map: what a wide place leaves free lies under it.
const [NARROW, ASIDE] = [600, 72];

// Pixels left free around a box of the world [left, top, right, bottom] in a map of a size: {side, above, below}, and the
// zoom that it is shown at.
export function fitting([left, top, right, bottom], width, height) {
  const side = Math.min(28, width * 0.04);
  let below = Math.min(96, height * 0.22); // the legend
  const zoom = () => {
    const scale = Math.min((width - 2 * side) / (right - left), (height - ABOVE - below) / (bottom - top));
    return Math.min(CLOSEST, Math.floor(Math.round(Math.log2(scale) * 2000) / 2000 / STEP) * STEP);
  };
  if (width < NARROW) {
    const spare = height - ABOVE - below - (bottom - top) * 2 ** zoom();
    below += Math.max(0, Math.min(ASIDE, spare));
  }
  return { side, above: ABOVE, below, zoom: zoom() };
}

// The view of a box so fitted: pixels = world * scale + t.
export function fittedView(box, width, height) {
  const { above, below, zoom } = fitting(box, width, height);
  const scale = 2 ** zoom;
  const [left, top, right, bottom] = box;
  return {
    scale,
    tx: width / 2 - ((left + right) / 2) * scale,
    ty: (above + height - below) / 2 - ((top + bottom) / 2) * scale,
    width,
    height,
  };
}
