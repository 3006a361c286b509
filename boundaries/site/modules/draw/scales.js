// From what a theme reads to colours: five steps from few to many, from fell to rose, or a colour a party.
import { lightness, mixed, palette } from "./palette.js";
import { partyOf, readings, themeOf } from "../state/themes.js";

const STEPS = 5;
const FELL = ["#8c4a08", "#d98c3a", "#f3d3a6"]; // told apart from RISE by everybody
const ROSE = ["#cfd3ea", "#8d86c3", "#4d2e86"];
const LEVEL = "#e8e6e1";
const PARTY_SHARES = [0.16, 0.36, 0.58, 0.8, 1];

// What a state's theme paints: {colour(row) → colour or null, reading(row), steps, kind}; `rows` are all that it may be asked
// of, from which the steps follow. Kept until the state or what is known has changed.
let kept = { known: null, key: "", paint: null };

export function paintOf(state, known, rows, dark) {
  const colours = palette(dark);
  const key = [state.tema, state.partai, state.rinci, state.lembaga, colours.sea, rows.length].join();
  if (kept.known === known && kept.key === key) return kept.paint;
  const paint = made(state, known, rows, colours);
  kept = { known, key, paint };
  return paint;
}

function made(state, known, rows, colours) {
  const theme = themeOf(state);
  const reading = readings(state, known);
  if (theme.kind === "party" || theme.kind === "dots") {
    const shades = (known.results?.parties ?? []).map(({ colour }) => partyShade(colour, colours));
    const colour = (row) => shades[reading(row)?.value] ?? null;
    return { theme, reading, shades, colour };
  }
  const values = rows.map((row) => reading(row)?.value).filter((value) => value !== null && value !== undefined);
  const steps = theme.kind === "change" ? changeSteps(values, theme.form) : risingSteps(values, theme.form);
  const shades = stepShades(theme, steps, colours, state, known);
  const colour = (row) => {
    const value = reading(row)?.value;
    return value === null || value === undefined ? null : shades[stepAt(steps, value)];
  };
  return { theme, reading, steps, shades, colour, values };
}

// Which step a value falls into: the first whose upper end it does not reach; the last holds its end.
export function stepAt(steps, value) {
  const found = steps.findIndex(([, to]) => value < to);
  return found < 0 ? steps.length - 1 : found;
}

// Steps [from, to) that hold about as many each, between numbers that are read easily.
export function risingSteps(values, form) {
  const sorted = [...values].sort((a, b) => a - b);
  if (!sorted.length) return [];
  const [least, most] = [sorted[0], sorted[sorted.length - 1]];
  if (form === "whole") return wholeSteps(least, most);
  const cuts = new Set();
  for (let at = 1; at < STEPS; at++) {
    const cut = rounded(sorted[Math.floor((at * sorted.length) / STEPS)], most - least);
    if (cut > least && cut < most) cuts.add(cut);
  }
  const ends = [least, ...[...cuts].sort((a, b) => a - b), most];
  return ends.slice(1).map((to, at) => [ends[at], to]);
}

function wholeSteps(least, most) {
  const steps = [];
  for (let from = least; from <= most && steps.length < STEPS; from++)
    steps.push([from, steps.length === STEPS - 1 ? most + 1 : from + 1]);
  return steps;
}

// A number to a tenth of the power of ten that the range asks for.
function rounded(value, range) {
  const step = 10 ** Math.floor(Math.log10(range || 1) - 1);
  const digits = Math.max(0, -Math.floor(Math.log10(step)));
  return Number((Math.round(value / step) * step).toFixed(digits));
}

// Steps around nought: seats by one, shares by what three steps to each side take.
export function changeSteps(values, form) {
  const most = Math.max(...values.map(Math.abs), 0);
  if (form === "signed") {
    return [
      [-Infinity, -1],
      [-1, 0],
      [0, 1],
      [1, 2],
      [2, Infinity],
    ];
  }
  const step = [0.01, 0.02, 0.05, 0.1, 0.2].find((each) => each * 2.5 >= most) ?? 0.25;
  return [
    [-Infinity, -2 * step],
    [-2 * step, -step],
    [-step, 0],
    [0, step],
    [step, 2 * step],
    [2 * step, Infinity],
  ];
}

function stepShades(theme, steps, colours, state, known) {
  if (theme.kind === "change")
    return steps.length === 5 ? [FELL[0], FELL[1], LEVEL, ROSE[1], ROSE[2]] : [...FELL, ...ROSE];
  const party = theme.party ? partyOf(state, known) : null;
  const fills = party ? partySteps(party.colour, colours) : colours.fills[state.lembaga];
  const first = steps.length < 3 ? 1 : 0;
  const apart = steps.length > 1 ? (fills.length - 1 - first) / (steps.length - 1) : 0;
  return steps.map((_, at) => fills[Math.round(first + at * apart)]);
}

// From the ground's colour to the party's; where that is pale it is deepened, so that more is always stronger.
function partySteps(colour, colours) {
  const dark = lightness(colours.land) < 0.5;
  let full = colour;
  for (let round = 0; round < 8 && lightness(full) > 0.55 && !dark; round++) full = mixed("#000000", full, 0.12);
  for (let round = 0; round < 8 && lightness(full) < 0.55 && dark; round++) full = mixed("#ffffff", full, 0.14);
  return PARTY_SHARES.map((share) => mixed(full, colours.land, share));
}

// A party's colour on the screen as it is: a little lighter on a dark one.
function partyShade(colour, colours) {
  return lightness(colours.land) < 0.5 ? mixed("#ffffff", colour, 0.2) : colour;
}
