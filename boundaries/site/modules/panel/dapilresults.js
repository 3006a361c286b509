// What an election gave in a dapil: seats by party as a bar, votes, turnout, who was elected, and candidates on request.
import { foldedBox, longList } from "./cards.js";
import { el, fill } from "../draw/dom.js";
import { basisWords } from "../draw/themetext.js";
import { candidatesOf, electedOf, resultsOf } from "../state/results.js";
import { sumOf } from "../state/themes.js";
import { number, share, t, told } from "../state/words.js";

// The results of a dapil as a section that fills itself; null where the release has none of its plan.
export function resultsSection(index, facts, level) {
  const plan = planOf(facts);
  const has = index.results?.[plan];
  if (!has) return null;
  const place = el("div", { class: "coming" }, el("p", { class: "soft" }, t("loading"))); // as high as what comes
  const section = el("section", { class: "results" }, el(level, {}, t("results", { year: plan.slice(-4) })), place);
  const needsRows = has.votes || has.seats || has.turnout || has.women;
  Promise.all([needsRows ? resultsOf(plan) : null, has.elected ? electedOf(plan) : null])
    .then(([results, elected]) => fill(place, bodyOf(facts, plan, has, results, elected, level)))
    .catch((error) => fill(place, el("p", { class: "soft" }, t("failed", { what: error.file ?? plan }))))
    .finally(() => place.classList.remove("coming"));
  return section;
}

// The same in a fold, asked for when it is opened.
export function resultsFold(index, facts) {
  const plan = planOf(facts);
  if (!index.results?.[plan]) return null;
  const place = el("div");
  const box = foldedBox(t("results", { year: plan.slice(-4) }), place);
  box.addEventListener("toggle", () => box.open && (place.childElementCount || fill(place, resultsSection(index, facts, "h4"))));
  return box;
}

function planOf({ id }) {
  return id.slice(0, id.lastIndexOf("-"));
}

function bodyOf(facts, plan, has, results, elected, level) {
  const row = results?.byCode.get(facts.kode_dapil);
  const members = elected?.dapil[facts.kode_dapil] ?? [];
  const parts = [
    row && (row.suara || row.kursi) ? partiesPart(results, row, level) : null,
    row ? figures(results, row) : null,
    members.length ? electedPart(results, elected, members, level) : null,
    has.candidates ? candidatesFold(plan, facts, results) : null,
  ].filter(Boolean);
  return parts.length ? parts : el("p", { class: "soft" }, t("noresults"));
}

// --- parties -----------------------------------------------------------------------------------------

function partiesPart(results, row) {
  const all = sumOf(row.suara);
  const order = results.parties
    .map((party) => ({ party, votes: row.suara?.[party.at] ?? null, seats: row.kursi?.[party.at] ?? null }))
    .filter(({ votes, seats }) => votes !== null || seats)
    .sort((one, other) => (other.seats ?? 0) - (one.seats ?? 0) || (other.votes ?? 0) - (one.votes ?? 0));
  const won = order.filter(({ seats }) => seats);
  const rest = order.filter(({ seats }) => !seats);
  const table = (rows) => partyTable(rows, all);
  return [
    basisLines(results, row),
    won.length ? seatsBar(won) : null,
    table(won.length ? won : rest),
    won.length && rest.length ? foldedBox(t("otherparties", { n: number(rest.length) }), table(rest)) : null,
  ];
}

// What votes and seats rest on; where both are alike, once.
function basisLines(results, row) {
  const words = (part, own = {}) => part && basisWords({ ...part, ...own });
  const votes = row.suara && words(results.votes, row.tps ? { tps: row.tps, tps_terhitung: row.tps_terhitung } : {});
  const seats = row.kursi && words(results.seats);
  const count = row.suara && results.votes.basis.startsWith("count");
  const lines = votes === seats ? [votes] : [votes && `${t("votes")}: ${votes}`, seats && `${t("seat")}: ${seats}`];
  const doubts = Object.entries(results.votes?.ragu ?? {}).filter(([, codes]) => codes.includes(row.kode_dapil));
  return [
    el("p", { class: count ? "note" : "soft small" }, lines.filter(Boolean).join(". ")),
    doubts.map(([why]) => el("p", { class: "soft small" }, `${t("doubtful")}: ${inLanguage(why)}`)),
  ];
}

// One language of `Indonesian | English`.
function inLanguage(text) {
  const [id, en = id] = text.split(" | ");
  return told({ id, en });
}

function seatsBar(won) {
  const list = won.map(({ party, seats }) => t("partypair", { party: party.short, n: number(seats) })).join(", ");
  return el(
    "div",
    { class: "seatsbar", role: "img", "aria-label": t("partyseats", { list }) },
    won.map(({ party, seats }) => {
      const part = el("span", {}, String(seats));
      part.style.setProperty("flex-grow", seats);
      paint(part, party.colour);
      return part;
    }),
  );
}

function paint(element, colour) {
  element.style.setProperty("--key", colour);
  const [r, g, b] = [1, 3, 5].map((at) => (parseInt(colour.slice(at, at + 2), 16) / 255) ** 2.2);
  element.style.setProperty("--on", 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.2 ? "#10171c" : "#ffffff");
}

function partyTable(rows, all) {
  const seats = rows.some((each) => each.seats !== null);
  const votes = rows.some((each) => each.votes !== null);
  const head = (text) => el("th", { scope: "col", class: "number" }, text);
  return el(
    "table",
    { class: "parties" },
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, t("party")), votes ? [head(t("votes")), head(t("sharehead"))] : null, seats ? head(t("seat")) : null)),
    el(
      "tbody",
      {},
      rows.map((each) => {
        const swatch = el("span", { class: "key", "aria-hidden": "true" });
        swatch.style.setProperty("--key", each.party.colour);
        const cell = (text) => el("td", { class: "number" }, text);
        return el(
          "tr",
          {},
          el("th", { scope: "row", title: each.party.name }, swatch, " ", each.party.short),
          votes ? [cell(each.votes === null ? "–" : number(each.votes)), cell(each.votes === null || !all ? "–" : share(each.votes / all))] : null,
          seats ? cell(each.seats ? number(each.seats) : "–") : null,
        );
      }),
    ),
  );
}

// --- figures -----------------------------------------------------------------------------------------

function figures(results, row) {
  const counts = (row.suara ?? []).map((each) => each ?? 0).sort((a, b) => b - a);
  const all = sumOf(row.suara);
  const entries = [];
  if (all) {
    entries.push([t("validvotes"), number(all), ""]);
    entries.push([t("margin"), share((counts[0] - (counts[1] ?? 0)) / all), number(counts[0] - (counts[1] ?? 0))]);
  }
  if (row.partisipasi !== null && results.turnout) {
    const { terdaftar: listed, pengguna: used } = row;
    const parts = listed && used ? `${t("turnoutparts", { used: number(used), listed: number(listed) })}; ` : "";
    entries.push([t("turnout"), share(row.partisipasi), `${parts}${basisWords(results.turnout)}`]);
  }
  if (row.calon) {
    const lists = row.daftar ? `; ${t("lists30", { n: number(row.daftar_kurang), of: number(row.daftar) })}` : "";
    entries.push([t("women"), share(row.perempuan / row.calon), t("womenparts", { n: number(row.perempuan), of: number(row.calon) }) + lists]);
  }
  return el(
    "dl",
    { class: "facts" },
    entries.map(([name, value, more]) => el("div", {}, el("dt", {}, name), el("dd", {}, value, more ? el("span", { class: "soft small" }, ` ${more}`) : null))),
  );
}

// --- persons -----------------------------------------------------------------------------------------

function partyNames(results) {
  return new Map((results?.parties ?? []).map(({ number: at, short }) => [at, short]));
}

function electedPart(results, elected, members, level) {
  const names = partyNames(results);
  const items = members.map(([party, place, name, gender, votes, note]) =>
    el(
      "li",
      {},
      el("span", { class: "name" }, name),
      el("span", { class: "count" }, votes === null ? "" : number(votes)),
      el("span", { class: "more" }, [names.get(party), place ? `no. ${place}` : "", gender, note === null ? "" : inLanguage(elected.notes[note])].filter(Boolean).join(" · ")),
    ),
  );
  return [
    el(level, {}, t("electedhead", { n: number(members.length) })),
    el("p", { class: "soft small" }, `${basisWords(elected)}; ${t("electednote")}`),
    longList(items, 30, { class: "persons" }),
  ];
}

function candidatesFold(plan, facts, results) {
  const place = el("div");
  const box = foldedBox(t("candidates"), place);
  const show = async () => {
    fill(place, el("p", { class: "soft" }, t("loading")));
    try {
      const file = await candidatesOf(plan, facts.kode_provinsi);
      fill(place, candidateLists(file, facts, results));
    } catch (error) {
      fill(place, el("p", { class: "soft" }, t("failed", { what: error.file ?? plan })));
    }
  };
  box.addEventListener("toggle", () => box.open && (place.childElementCount || show()));
  return box;
}

function candidateLists(file, facts, results) {
  const names = partyNames(results);
  const lists = file.dapil[facts.kode_dapil] ?? [];
  if (!lists.length) return el("p", { class: "soft" }, t("noresults"));
  const person = ([place, name, gender, votes, won]) =>
    el("li", {}, el("span", { class: "name" }, `${place}. ${name}`, won ? el("span", { class: "tag" }, t("electedtag")) : null), el("span", { class: "count" }, votes === null ? gender : `${gender ? `${gender} · ` : ""}${number(votes)}`));
  const one = ([party, votes, persons]) => {
    const list = longList(persons.map(person), 60, { class: "persons" });
    if (!party) return list;
    const said = votes === null ? "" : `, ${t("listvotes", { n: number(votes) })}`;
    return foldedBox(`${names.get(party) ?? `${t("party")} ${party}`} (${persons.length})${said}`, list);
  };
  return [
    file.suara ? el("p", { class: file.suara.basis === "count" ? "note" : "soft small" }, t("candidateslead", { basis: basisWords(file.suara) })) : null,
    lists.map(one),
    el("p", { class: "soft small" }, t("personsnote")),
  ];
}
