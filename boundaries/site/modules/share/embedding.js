// The lines that put a view into somebody else's page: how large, which theme and language, with a list, light or dark.
import { el } from "../draw/dom.js";
import { HEIGHT } from "./frame.js";
import { COLOURS, writeState } from "../state/address.js";
import { lacking, THEMES, themeOf } from "../state/themes.js";
import { t } from "../state/words.js";

const FIRST_HEIGHT = 560; // pixels, until the frame has said how high it is

export class EmbedBuilder {
  // `changed` is called after every choice; `element` holds the choices, `trial` is a link to the frame alone.
  constructor(app, title) {
    this.app = app;
    this.changed = () => {};
    this.named = title;
    this.title = this.text("judul", title);
    this.width = this.number("lebar", 240);
    this.height = this.number("tinggi", 200);
    this.language = this.select("bahasa", [
      ["id", "Bahasa Indonesia"],
      ["en", "English"],
    ]);
    this.language.value = document.documentElement.lang;
    this.theme = this.select("tema-sematan", this.themes());
    this.theme.value = app.state.banding ? "" : themeOf(app.state).id;
    this.colours = this.select("warna", ["", ...COLOURS].map((each) => [each, t(`colours.${each || "auto"}`)]));
    this.list = el("input", { type: "checkbox", id: "daftar", checked: true, onchange: () => this.show() });
    this.element = el(
      "div",
      { class: "builder" },
      labelled("judul", t("embedtitle"), this.title),
      labelled("tema-sematan", t("theme"), this.theme),
      labelled("bahasa", t("language"), this.language),
      labelled("warna", t("colours"), this.colours),
      labelled("lebar", t("embedwidth"), this.width),
      labelled("tinggi", t("embedheight"), this.height),
      el("label", { class: "tick", for: "daftar" }, this.list, ` ${t("embedlist")}`),
    );
    this.trial = el("a", { target: "_blank", rel: "noopener", href: this.address() }, t("embedtrial"));
  }

  themes() {
    const { app } = this;
    if (app.state.banding) return [["", t("compare")]];
    return THEMES.filter((each) => !lacking(app.index, app.state, each)).map((each) => [each.id, t(`theme.${each.id}`)]);
  }

  text(id, value) {
    const field = el("input", { type: "text", id, maxlength: 200, autocomplete: "off", oninput: () => this.show() });
    field.value = value;
    return field;
  }

  number(id, min) {
    return el("input", { type: "number", id, min, max: 4000, placeholder: t("embedauto"), oninput: () => this.show() });
  }

  select(id, options) {
    return el(
      "select",
      { id, onchange: () => this.show() },
      options.map(([value, name]) => el("option", { value }, name)),
    );
  }

  show() {
    this.trial.href = this.address();
    this.changed();
  }

  // The address of the frame.
  address() {
    const { state } = this.app;
    const tema = this.theme.value || state.tema;
    const chosen = {
      ...state,
      ...(tema === state.tema ? {} : { tema, partai: "", rinci: false }),
      bingkai: true,
      daftar: this.list.checked,
      warna: this.colours.value,
    };
    const page = new URL(location.href);
    page.hash = "";
    if (document.body.dataset.api) page.searchParams.set("lang", this.language.value);
    else page.pathname = page.pathname.replace(/[^/]*$/, this.language.value === "en" ? "en.html" : "index.html");
    return page.href.replace(/#$/, "") + writeState(chosen);
  }

  // A frame, what it shows, and a few lines that make it as high as it says; a height that was given stays.
  lines() {
    const frame = document.createElement("iframe");
    frame.src = this.address();
    frame.title = this.title.value.trim() || this.named;
    frame.width = this.width.value || "100%";
    frame.height = this.height.value || FIRST_HEIGHT;
    frame.loading = "lazy";
    const caption = document.createElement("figcaption");
    caption.textContent = this.title.value.trim();
    const lines = [
      '<figure style="margin:0">',
      frame.outerHTML.replace("<iframe ", '<iframe style="border:0;max-width:100%" '),
      ...(caption.textContent ? [caption.outerHTML] : []),
      "</figure>",
    ];
    return [...lines, ...(this.height.value ? [] : [listening(frame.src)])].join("\n");
  }
}

// The script of the page around. It heeds the frames of this page alone, and of what they say a number.
function listening(address) {
  const start = JSON.stringify(`iframe[src^="${address.replace(/[?#].*/, "")}"]`).replace(/</g, "\\u003c");
  return [
    "<script>",
    'addEventListener("message", ({ data, source }) => {',
    `  for (const frame of document.querySelectorAll(${start}))`,
    `    if (source === frame.contentWindow && data?.type === "${HEIGHT}" && data.height > 0)`,
    "      frame.height = Math.min(2000, data.height);",
    "});",
    "</script>",
  ].join("\n");
}

function labelled(id, label, field) {
  return el("div", {}, el("label", { for: id }, label), field);
}
