// What stands above the map: the search and the chamber, which are in the page itself, the year and the place.
import { yearsOf } from "../state/address.js";
import { el, fill } from "../draw/dom.js";
import { SearchBox } from "../search/searchbox.js";
import { t } from "../state/words.js";

export class Controls {
  constructor(place, app) {
    this.app = app;
    this.search = new SearchBox(app, place.querySelector("form"));
    this.chambers = place.querySelector(".chambers");
    this.chambers.addEventListener("change", ({ target }) => app.go({ lembaga: target.value }));
    this.year = el("select", { id: "tahun", onchange: ({ target }) => app.go({ tahun: Number(target.value) }) });
    this.province = el(
      "select",
      {
        id: "prov",
        onchange: ({ target }) => app.go({ prov: target.value, kab: "", unit: "", titik: null, dapil: "", peta: null }),
      },
      el("option", { value: "" }, t("allprovinces")),
      app.index.provinces.map(({ kode, nama }) => el("option", { value: kode }, nama)),
    );
    this.kab = el("select", {
      id: "kab",
      onchange: ({ target }) => app.go({ kab: target.value, unit: "", titik: null, dapil: "", peta: null }),
    });
    this.kabChoice = choice("kab", t("kabkota"), this.kab);
    fill(
      place.querySelector(".choices"),
      choice("tahun", t("year"), this.year),
      choice("prov", t("province"), this.province),
      this.kabChoice,
    );
  }

  // Show what the state says.
  show() {
    const { state, index, known } = this.app;
    for (const input of this.chambers.querySelectorAll("input")) input.checked = input.value === state.lembaga;
    fill(
      this.year,
      yearsOf(index, state.lembaga).map((year) => {
        const composed = index.plans[`${state.lembaga}-${year}`].composed;
        return el(
          "option",
          { value: year, selected: year === state.tahun, class: composed ? null : "table" },
          composed ? String(year) : t("tableonly", { year }),
        );
      }),
    );
    this.province.value = state.prov;
    const list = known.kabkota?.[0]?.[0].startsWith(`${state.prov}.`) ? known.kabkota : null;
    this.kabChoice.hidden = !state.prov || !list;
    if (list) {
      fill(
        this.kab,
        el("option", { value: "" }, t("allkabkota")),
        list.map(([kode, nama]) => el("option", { value: kode }, nama)),
      );
      this.kab.value = state.kab;
    }
  }
}

function choice(id, label, select) {
  return el("div", { class: "choice" }, el("label", { for: id }, label), select);
}
