// Where a view is: its name, the way back to what is around it, and the election that it is compared with.
import { el } from "../draw/dom.js";
import { yearsToCompare } from "../state/address.js";
import { t } from "../state/words.js";

// The name of the place that is looked at: a kabupaten, a province, or the nation.
export function whereName(app) {
  const { state, known } = app;
  if (state.kab) return known.kabkota?.find(([kode]) => kode === state.kab)?.[1] ?? state.kab;
  return known.index.provinces.find(({ kode }) => kode === state.prov)?.nama ?? t("nation");
}

// The way back by some changes of the state, named by where it leads.
export function backTo(app, changes) {
  const place =
    "kab" in changes ? app.known.index.provinces.find(({ kode }) => kode === app.state.prov)?.nama : t("nation");
  return { place, changes };
}

// The choice of an earlier election; null where there is none.
export function compareChoice(app) {
  const { state, known } = app;
  const years = yearsToCompare(known.index, state);
  if (!years.length) return null;
  const select = el(
    "select",
    { id: "banding", onchange: ({ target }) => app.go({ banding: Number(target.value), dapil: "" }) },
    el("option", { value: 0 }, t("nocompare")),
    years.map((year) => el("option", { value: year, selected: year === state.banding }, String(year))),
  );
  return el("div", { class: "choice" }, el("label", { for: "banding" }, t("compare")), select);
}
