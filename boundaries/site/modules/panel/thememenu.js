// The menu of themes over the map: what a plan has no data for stands in it with the reason, and cannot be chosen.
import { el, fill } from "../draw/dom.js";
import { lacking, partiesFor, partyOf, THEMES, themeOf } from "../state/themes.js";
import { t } from "../state/words.js";

const GROUPS = ["plan", "result", "people"];

export class ThemeMenu {
  constructor(app) {
    this.app = app;
    this.theme = el("select", { id: "tema", onchange: ({ target }) => app.go({ tema: target.value, partai: "" }) });
    this.party = el("select", { id: "partai", onchange: ({ target }) => app.go({ partai: target.value }) });
    this.partyChoice = choice("partai", t("party"), this.party);
    this.unit = el("input", {
      type: "checkbox",
      id: "rinci",
      onchange: ({ target }) => app.go({ rinci: target.checked }),
    });
    this.unitChoice = el("label", { class: "byunit", for: "rinci" }, this.unit, ` ${t("units")}`);
    this.element = el("div", { class: "themes" }, choice("tema", t("theme"), this.theme), this.partyChoice, this.unitChoice);
  }

  show() {
    const { state, index, known } = this.app;
    const theme = themeOf(state);
    fill(
      this.theme,
      GROUPS.map((group) =>
        el(
          "optgroup",
          { label: t(`group.${group}`) },
          THEMES.filter((each) => each.group === group).map((each) => this.#option(each, state.banding ? "" : theme.id)),
        ),
      ),
    );
    const parties = theme.party && !state.banding ? partiesFor(known, theme) : [];
    this.partyChoice.hidden = !parties.length;
    if (parties.length) {
      const chosen = partyOf(state, known);
      fill(
        this.party,
        parties.map((each) => el("option", { value: each.id, selected: each === chosen }, partyName(each))),
      );
    }
    this.unitChoice.hidden = !(theme.by && state.prov && index.results?.[`${state.lembaga}-${state.tahun}`]?.units);
    this.unit.checked = state.rinci;
  }

  #option(theme, chosen) {
    const why = lacking(this.app.index, this.app.state, theme);
    const name = t(`theme.${theme.id}`);
    const said = why ? `${name} (${t(why)})` : name;
    return el("option", { value: theme.id, disabled: Boolean(why), selected: theme.id === chosen }, said);
  }
}

function partyName({ short, name }) {
  return short === name ? name : `${short}: ${name}`;
}

function choice(id, label, select) {
  return el("div", { class: "choice" }, el("label", { for: id, class: "unseen" }, label), select);
}
