// Sharing, embedding, saving and printing the view.
import { el, handOver, icon, ICONS } from "../draw/dom.js";
import { pictureName, pngPicture, svgPicture, titleOf } from "./picture.js";
import { EmbedBuilder } from "./embedding.js";
import { writeState } from "../state/address.js";
import { t } from "../state/words.js";

export class Sharing {
  constructor(app, stage) {
    Object.assign(this, { app, stage });
    this.dialog = el("dialog", { class: "sheet", "aria-labelledby": "bagikan" });
    this.dialog.addEventListener("click", (event) => event.target === this.dialog && this.dialog.close());
    document.body.append(this.dialog);
  }

  button() {
    return el(
      "button",
      { type: "button", class: "tool", onclick: () => this.open() },
      icon(ICONS.share),
      el("span", {}, t("share")),
    );
  }

  open() {
    const address = location.href.replace(/#.*/, "") + writeState({ ...this.app.state, bingkai: false });
    const title = titleOf(this.app);
    this.dialog.replaceChildren(
      el(
        "div",
        { class: "top" },
        el("h2", { id: "bagikan" }, t("sharetitle")),
        el(
          "button",
          { type: "button", class: "plain", "aria-label": t("close"), onclick: () => this.dialog.close() },
          icon(ICONS.close),
        ),
      ),
      el("p", {}, title),
      this.copyBox(
        "tautan",
        t("link"),
        address,
        navigator.share ? () => navigator.share({ title, url: address }).catch(() => {}) : null,
      ),
      this.builder(title),
      el("h3", {}, t("save")),
      el(
        "div",
        { class: "acts" },
        el(
          "button",
          {
            type: "button",
            onclick: async () => {
              const name = `${pictureName(this.app)}.png`; // of the view as it is now
              handOver(await pngPicture(this.app, this.stage.map), name);
            },
          },
          icon(ICONS.save),
          t("savepng"),
        ),
        el(
          "button",
          {
            type: "button",
            onclick: () => handOver(svgPicture(this.app, this.stage.map), `${pictureName(this.app)}.svg`),
          },
          icon(ICONS.save),
          t("savesvg"),
        ),
        el("button", { type: "button", onclick: () => this.print() }, icon(ICONS.print), t("print")),
      ),
    );
    this.dialog.showModal();
  }

  // What a newspaper puts into its page, as it chooses.
  builder(title) {
    const builder = new EmbedBuilder(this.app, title);
    const box = this.copyBox("sematan", t("embed"), builder.lines());
    const field = box.querySelector("textarea");
    builder.changed = () => (field.value = builder.lines());
    box.insertBefore(builder.element, field);
    box.querySelector(".acts").append(builder.trial);
    return box;
  }

  copyBox(id, label, text, send = null) {
    const field = el("textarea", {
      id,
      rows: id === "tautan" ? 2 : 4,
      readonly: true,
      spellcheck: "false",
      onfocus: () => field.select(),
    });
    field.value = text;
    const said = el("span", { role: "status", class: "soft" });
    const copy = async () => {
      field.select();
      try {
        await navigator.clipboard.writeText(field.value);
      } catch {
        document.execCommand("copy"); // without HTTPS there is no clipboard of the other kind
      }
      said.textContent = t("copied");
    };
    return el(
      "div",
      { class: "copybox" },
      el("label", { for: id }, label),
      field,
      el(
        "div",
        { class: "acts" },
        el(
          "button",
          { type: "button", class: "quiet", onclick: copy, "aria-label": `${t("copy")}: ${label}` },
          t("copy"),
        ),
        send ? el("button", { type: "button", class: "quiet", onclick: send }, t("send")) : null,
        said,
      ),
    );
  }

  print() {
    this.dialog.close();
    window.print();
  }
}
