// What the colours mean, as they are at the moment.
import { el, fill } from "../draw/dom.js";
import { movedColour, palette, SEAT_STEPS, stepOf } from "../draw/palette.js";
import { drawn, inFocus } from "../draw/scene.js";
import { basisText, themeEntries } from "../draw/themetext.js";
import { themeOf } from "../state/themes.js";
import { number, t } from "../state/words.js";

// On a small screen the legend would cover the map: there it opens when it is asked for.
const ROOMY = "(min-width: 341px) and (min-height: 421px)";
let unfolded = null; // as the reader left it
// Parties that lead somewhere can be twenty: where the map is narrow those that lead least often wait under a fold.
const [NARROW, KEYS] = ["(max-width: 40rem)", 6];
let restUnfolded = false;

// `fine`: the dots of the seat view are too small to be drawn; `hatched`: ground that is not drawn is in view.
export function showLegend(place, { state, known }, { fine, hatched }) {
  const entries = legendEntries(state, known, palette(), fine);
  const box = el(
    "details",
    { open: unfolded ?? matchMedia(ROOMY).matches },
    el(
      "summary",
      { onclick: () => (unfolded = !box.open) },
      el("span", { class: "what" }, el("strong", {}, t(state.lembaga)), ` ${state.tahun}`),
      el("span", { class: "title short" }, entries.title || t("legendword")),
    ),
    entries.title ? el("p", { class: "title long" }, entries.title) : null,
    entries.basis ? el("p", { class: "title" }, entries.basis) : null,
    keyLists(entries),
    entries.none ? el("ul", { class: "keys" }, el("li", {}, swatch(entries.none, "area"), t("legendnone"))) : null,
    hatched ? el("ul", { class: "keys" }, el("li", {}, swatch(palette().hatch, "hatched"), t("legendundrawn"))) : null,
  );
  const held = place.contains(document.activeElement);
  fill(place, box);
  if (held) box.firstChild.focus();
}

function keyLists({ items, steps }) {
  const list = (some) =>
    el(
      "ul",
      { class: steps ? "steps" : "keys" },
      some.map(([colour, text, kind]) => el("li", {}, swatch(colour, kind), text)),
    );
  const rest = items.slice(KEYS);
  if (steps || rest.length < 3 || !matchMedia(NARROW).matches) return [list(items)];
  const fold = el(
    "details",
    { class: "rest", open: restUnfolded },
    el("summary", { onclick: () => (restUnfolded = !fold.open) }, t("legendrest", { n: number(rest.length) })),
    list(rest),
  );
  return [list(items.slice(0, KEYS)), fold];
}

// [colour, words, kind] of all that needs telling.
export function legendEntries(state, known, colours, fine = false) {
  const fills = colours.fills[state.lembaga];
  if (!drawn(known.index, state.lembaga, state.tahun))
    return { title: "", items: [[colours.land, t("nocomposition"), "area"]] };
  const seats = known.facts.rows.filter((row) => inFocus(state, row)).map((row) => row.kursi);
  if (!seats.length) return { title: "", items: [[colours.land, t("legendnone"), "area"]] };
  if (themeOf(state).kind !== "seats" && !state.banding) return themeLegend(state, known, colours);
  if (state.tampil === "kursi" && fine)
    return { title: "", items: [[colours.dots[state.lembaga], t("legendfine"), "disc"]] };
  if (state.tampil === "kursi")
    return {
      title: "",
      items: [
        [colours.dots[state.lembaga], t("legendseats"), "dot"],
        [fills[0], t("legendarea"), "disc"],
      ],
    };
  if (state.banding) {
    const items = [
      [fills[1], t("legendchanged"), "area"],
      [colours.land, t("legendsame"), "area"],
      [colours.old, t("legendold", { year: state.banding }), "line"],
      [colours.strong, t("legendold", { year: state.tahun }), "solid"],
    ];
    return {
      title: "",
      items: known.moved ? [...items, [movedColour(colours, state.lembaga), t("legendmoved"), "area"]] : items,
    };
  }
  const [least, most] = [Math.min(...seats), Math.max(...seats)];
  const items = SEAT_STEPS.map(([from, to], at) => [
    fills[at],
    stepText(Math.max(from, least), Math.min(to, most)),
    "area",
  ]).filter((_, at) => seats.some((each) => stepOf(each) === at));
  const excluded = !state.prov && known.index.plans[known.facts.plan].excluded?.length;
  return { title: t("legend"), steps: true, items, none: excluded ? colours.land : "" };
}

// The legend of a theme; of seats as dots also what a dot is.
function themeLegend(state, known, colours) {
  const rows = known.unitVotes ? known.unitVotes.rows : known.facts.rows.filter((row) => inFocus(state, row));
  const entries = themeEntries(state, known, rows, colours.dark);
  return { ...entries, basis: basisText(state, known) };
}

function stepText(from, to) {
  return from === to ? number(from) : `${number(from)}–${number(to)}`;
}

function swatch(colour, kind) {
  const span = el("span", { class: `key ${kind}`, "aria-hidden": "true" });
  span.style.setProperty("--key", colour);
  return span;
}
