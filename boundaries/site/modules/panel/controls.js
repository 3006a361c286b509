// What stands above the map: the search, the chamber, the year and the place.
import { chambersOf, yearsOf } from "../state/address.js";
import { el, fill } from "../draw/dom.js";
import { SearchBox } from "../search/searchbox.js";
import { t } from "../state/words.js";

export class Controls {
  constructor(place, app) {
    this.app = app;
    this.search = new SearchBox(app);
    this.chambers = el(
      "fieldset",
      { class: "chambers" },
      el("legend", { class: "unseen" }, t("chamber")),
      chambersOf(app.index).map((chamber) => this.#chamber(chamber)),
    );
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
    place.append(
      this.search.element,
      this.chambers,
      el(
        "div",
        { class: "choices" },
        choice("tahun", t("year"), this.year),
        choice("prov", t("province"), this.province),
        this.kabChoice,
      ),
    );
  }

  #chamber(chamber) {
    const id = `lembaga-${chamber}`;
    const input = el("input", {
      type: "radio",
      name: "lembaga",
      id,
      value: chamber,
      onchange: () => this.app.go({ lembaga: chamber }),
    });
    return el(
      "span",
      { "data-chamber": chamber },
      input,
      el("label", { for: id, title: `${t(chamber)}: ${t(`explain.${chamber}`)}` }, t(`short.${chamber}`)),
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
