// Colours. A chamber has one hue; more seats are darker (on a dark screen: brighter), so a map reads without
// telling hues apart. The same steps for every chamber, so that two maps can be compared.

export const SEAT_STEPS = [
  [1, 4],
  [5, 6],
  [7, 8],
  [9, 10],
  [11, Infinity],
];

const LIGHT = {
  dark: false,
  sea: "#e9f0f3",
  hatch: "#8a7f6d",
  land: "#f4f2ec",
  coast: "#8d9aa3",
  grid: "#d3dfe5",
  gridInk: "#51626d",
  border: "#ffffff",
  strong: "#4b555d",
  kab: "#6f7880",
  ink: "#1b2229",
  halo: "#ffffff",
  lightInk: "#ffffff",
  chosen: "#101418",
  chosenHalo: "#ffffff",
  over: "#1b2229",
  old: "#1d2b8f",
  oldHalo: "#ffffff",
  moved: "#1d2b8f",
  paper: "#ffffff",
  soft: "#55606b",
  point: "#c4122f",
  fills: {
    dpr: ["#f8dcd0", "#f0b7a2", "#e28b73", "#c95c4a", "#9c3127"],
    dpd: ["#cfc3e4", "#c0b1db", "#a791ca", "#8468b0", "#5d4190"],
    "dprd-provinsi": ["#d5e9e3", "#a9d3c8", "#75b5a7", "#439384", "#1d6c5f"],
    "dprd-kabkota": ["#f7e8c1", "#edcf88", "#d8ab4c", "#b18327", "#7e5a10"],
  },
  dots: { dpr: "#a8302a", dpd: "#5d4190", "dprd-provinsi": "#1d6c5f", "dprd-kabkota": "#7e5a10" },
};
const DARK = {
  dark: true,
  sea: "#0f161b",
  hatch: "#8f8672",
  land: "#232c33",
  coast: "#5d6b76",
  grid: "#1e2a32",
  gridInk: "#8c9ca8",
  border: "#12191e",
  strong: "#cfd8de",
  kab: "#9aa7b1",
  ink: "#eef2f5",
  halo: "#10171c",
  lightInk: "#10171c",
  chosen: "#ffffff",
  chosenHalo: "#0b1014",
  over: "#ffffff",
  old: "#9fd0ff",
  oldHalo: "#0b1014",
  moved: "#9fd0ff",
  paper: "#141b21",
  soft: "#a7b2bb",
  point: "#ff6b80",
  fills: {
    dpr: ["#4a2722", "#75382f", "#a54f41", "#d27a66", "#f0ab99"],
    dpd: ["#4b3c6b", "#5c4a85", "#7a65a8", "#9f8bca", "#c8b9e6"],
    "dprd-provinsi": ["#16382f", "#20574a", "#2f7c6b", "#57a796", "#97d3c5"],
    "dprd-kabkota": ["#40310f", "#654d17", "#927022", "#c29b45", "#ecd08d"],
  },
  dots: { dpr: "#ee9a86", dpd: "#c3b2e6", "dprd-provinsi": "#7fcbb9", "dprd-kabkota": "#e3bb62" },
};

// The colours for a screen as it is now; paper is always light.
export function palette(dark = darkScreen()) {
  return dark ? DARK : LIGHT;
}

const LIKED = "(prefers-color-scheme: dark)";
let forced = null; // whether dark, where a frame says so

function darkScreen() {
  return (forced ?? matchMedia(LIKED).matches) && !matchMedia("print").matches;
}

// Be light or dark, whatever the device likes: the style sheet's rules for dark count always, or never. A page that was
// opened from a disk may not look at its own rules, and stays as the device likes.
export function forceColours(dark) {
  if (location.protocol === "file:") return;
  forced = dark;
  document.documentElement.style.colorScheme = dark ? "dark" : "light";
  for (const { cssRules } of document.styleSheets)
    for (const rule of cssRules) if (rule.media?.mediaText === LIKED) rule.media.mediaText = dark ? "all" : "not all";
}

// Which of the five steps a number of seats falls into.
export function stepOf(seats) {
  return SEAT_STEPS.findIndex(([, most]) => seats <= most);
}

// The ink that is read best on a colour.
export function inkOn(colour) {
  const [r, g, b] = [1, 3, 5].map((at) => (parseInt(colour.slice(at, at + 2), 16) / 255) ** 2.2);
  const light = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  return light > 0.2 ? "#1b2229" : "#ffffff";
}

function parts(colour) {
  return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
}

// How light a colour looks, from 0 to 1.
export function lightness(colour) {
  const [r, g, b] = parts(colour);
  return (0.299 * r + 0.587 * g + 0.114 * b) / 255;
}

// One colour laid over another, `share` of it.
export function mixed(over, under, share) {
  const [one, two] = [parts(over), parts(under)];
  const part = (at) =>
    Math.round(one[at] * share + two[at] * (1 - share))
      .toString(16)
      .padStart(2, "0");
  return `#${part(0)}${part(1)}${part(2)}`;
}

// Ground that passed to another dapil, in a comparison.
export function movedColour(colours, chamber) {
  return mixed(colours.moved, colours.fills[chamber][1], 0.45);
}
