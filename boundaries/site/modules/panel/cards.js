// Pieces of the panel: rows of lists, facts of a dapil, what a place is told.
import { provinceFile } from "../draw/maps.js";
import { el, icon, ICONS } from "../draw/dom.js";
import { addressOf } from "../state/load.js";
import { membersOf } from "../search/place.js";
import { day, language, nice, number, seatsText, t, told } from "../state/words.js";

const MOST_DOTS = 12; // of one dapil: no law gives more

// Seats as dots, to be seen at a glance; the number stands in words beside them.
export function seatDots(count) {
  if (count > MOST_DOTS) return null;
  return el(
    "span",
    { class: "dots", "aria-hidden": "true" },
    Array.from({ length: count }, () => el("i")),
  );
}

// A row that leads somewhere: a button with a name, a count and a second line.
export function rowButton({ name, count, more = "", dots = 0, doubt = false, chosen = false, id = "", act, point }) {
  const button = el(
    "button",
    { type: "button", class: "row", onclick: act, "aria-current": chosen ? "true" : null, "data-id": id || null },
    el("span", { class: "name" }, name, doubt ? el("span", { class: "tag" }, t("doubtful")) : null),
    el("span", { class: "count" }, count),
    more || dots ? el("span", { class: "more" }, more, dots ? seatDots(dots) : null) : null,
  );
  if (point) {
    for (const [event, on] of [
      ["pointerenter", true],
      ["pointerleave", false],
      ["focus", true],
      ["blur", false],
    ]) {
      button.addEventListener(event, () => point(on));
    }
  }
  return el("li", {}, button);
}

function pairs(entries) {
  const shown = entries.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return el(
    "dl",
    { class: "facts" },
    shown.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))),
  );
}

export function foldedBox(summary, ...inside) {
  return el("details", {}, el("summary", {}, summary), ...inside);
}

// Everything known of a dapil. `site`: {api, downloads} addresses of the service, or empty in a folder without it;
// `level`: of the headings, one below what they stand under.
export function dapilFacts(index, facts, chamber, year, site, level = "h3") {
  const plan = index.plans[`${chamber}-${year}`];
  return [
    pairs([
      [t("seat"), el("span", { class: "big" }, number(facts.kursi), seatDots(facts.kursi))],
      [t("population"), facts.penduduk ? number(facts.penduduk) : el("span", { class: "soft" }, t("unknown"))],
      [t("perseat"), facts.penduduk ? number(facts.penduduk / facts.kursi) : null],
      [t("land"), facts.luas_km2 ? `${number(facts.luas_km2, facts.luas_km2 < 100 ? 1 : 0)} km²` : null],
      [
        t("force"),
        plan.selesai
          ? t("until", { from: day(plan.mulai), to: day(plan.selesai) })
          : t("since", { from: day(plan.mulai) }),
      ],
      [t("law"), facts.dasar_hukum],
    ]),
    facts.ragu.length ? doubtBox(t("doubt"), facts.ragu.map(told), level) : null,
    facts.catatan.map((each) => el("p", { class: "soft small" }, told(each))),
    membersBox(facts),
    linksBox(index, facts, chamber, year, site, level),
  ];
}

function doubtBox(title, texts, level) {
  return el(
    "div",
    { class: "doubt" },
    el(level, {}, title),
    el(
      "ul",
      {},
      texts.map((text) => el("li", {}, text)),
    ),
  );
}

function membersBox(facts) {
  if (!facts.wilayah.length) return null;
  const place = el("ul", { class: "members" });
  const box = foldedBox(`${t("members")}: ${t("membersn", { n: number(facts.wilayah.length) })}`, place);
  const show = async () => {
    try {
      place.replaceChildren(
        ...(await membersOf(facts)).map(([code, name]) => el("li", {}, name, " ", el("code", {}, code))),
      );
    } catch {
      place.replaceChildren(...facts.wilayah.map((code) => el("li", {}, el("code", {}, code))));
    }
  };
  if (facts.wilayah.length <= 12) {
    box.open = true;
    show();
  } else box.addEventListener("toggle", () => place.childElementCount || show());
  return box;
}

function linksBox(index, facts, chamber, year, site, level) {
  const layer = `${chamber}-${year}`;
  const links = [];
  if (site.api && index.collections[layer]) {
    links.push([t("ownpage"), `${site.api}dapil/${facts.id}?lang=${language()}`]);
    links.push([t("inapi"), `${site.api}collections/${layer}/items/${facts.id}?lang=${language()}`]);
    links.push([t("incollection", { name: layer }), `${site.api}collections/${layer}?lang=${language()}`]);
  }
  if (index.plans[layer]?.composed) {
    const file = provinceFile(chamber, year, facts.kode_provinsi);
    links.push([t("dltopo", { name: file }), addressOf(file)]);
  }
  if (site.downloads) links.push([t("downloadall"), `${site.downloads}?lang=${language()}`]);
  if (!links.length) return null;
  return el(
    "div",
    { class: "links" },
    el(level, {}, t("download")),
    el(
      "ul",
      {},
      links.map(([text, href]) => el("li", {}, el("a", { href, target: "_top" }, text))),
    ),
  );
}

// Where the release comes from, under every view.
export function originBox(index) {
  const { source, release } = index;
  const licence = /^https?:\/\//.test(source.licence_url ?? "")
    ? el("a", { href: source.licence_url, target: "_top" }, source.licence)
    : source.licence;
  return el(
    "footer",
    { class: "origin" },
    source.open === false ? el("p", { class: "closed" }, icon(ICONS.warning), t("closed")) : null,
    pairs([
      [t("source"), [told(source.title), source.vintage ? `, ${source.vintage}` : "", ". ", source.attribution]],
      [t("licence"), licence],
      [t("release"), el("code", {}, release)],
    ]),
    el("p", { class: "soft" }, t("caution")),
  );
}

export function notesBox(plan) {
  const notes = (plan.notes ?? []).map(told).filter(Boolean);
  const sources = plan.sources ?? [];
  return [
    notes.length
      ? foldedBox(
          `${t("notes")} (${notes.length})`,
          el(
            "ul",
            { class: "plain" },
            notes.map((note) => el("li", {}, note)),
          ),
        )
      : null,
    sources.length ? foldedBox(t("sources"), el("ul", { class: "plain" }, sources.map(sourceLine))) : null,
  ];
}

function sourceLine({ judul, url, versi }) {
  const title = /^https?:\/\//.test(url ?? "") ? el("a", { href: url, target: "_top" }, judul) : judul;
  return el("li", {}, title, versi ? el("span", { class: "soft" }, ` (${versi})`) : null);
}

// A short list, and a button for the rest of a long one. Items are elements, or functions that make them when they are
// shown.
export function longList(items, most = 60, attributes = { class: "rows" }) {
  const made = (some) => some.map((item) => (typeof item === "function" ? item() : item));
  const list = el("ul", attributes, made(items.slice(0, most)));
  if (items.length <= most) return list;
  const button = el(
    "button",
    {
      type: "button",
      class: "quiet",
      "data-rest": true,
      onclick: () => {
        const asked = document.activeElement === button; // and not for paper
        const rest = made(items.slice(most));
        list.append(...rest);
        button.remove();
        if (asked) rest[0].querySelector("button")?.focus();
      },
    },
    t("showmore", { n: number(items.length) }),
  );
  return el("div", {}, list, button);
}

export function summaryLine(rows) {
  return `${t("dapils", { n: number(rows.length) })} · ${seatsText(rows.reduce((sum, row) => sum + row.kursi, 0))}`;
}

export function dapilRow(facts, { chosen, act, point, more = "" }) {
  return rowButton({
    name: nice(facts.nama_dapil),
    count: seatsText(facts.kursi),
    dots: facts.kursi,
    more,
    id: facts.id,
    doubt: facts.ragu.length > 0,
    chosen,
    act,
    point,
  });
}
