// What goes on paper: the map as a picture of lines, as wide as the page, and the list with nothing folded away. A
// canvas would be printed as the screen has it: cut off at the edge of the paper, or blank.
import { el } from "../draw/dom.js";
import { paperPicture } from "./picture.js";

export class Paper {
  constructor(stage, panel) {
    Object.assign(this, { stage, panel, opened: [] });
  }

  lay(app, map) {
    this.clear();
    this.sheet = el("figure", { class: "paper" }, document.adoptNode(paperPicture(app, map)));
    this.stage.after(this.sheet);
    for (const button of this.panel.querySelectorAll("button[data-rest]")) button.click();
    this.opened = [...this.panel.querySelectorAll(".card > details:not([open])")];
    for (const box of this.opened) box.open = true;
  }

  clear() {
    this.sheet?.remove();
    for (const box of this.opened) box.open = false;
    this.opened = [];
  }
}
