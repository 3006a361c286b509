// The search: a text field with a list of places under it, as a combobox that screen readers know, and a button for
// the position of the device. The form stands in the page itself, and asks the service by name where no script runs.
import { desaNamed, factsOf, otherNames, units, unitsOfPost } from "../state/atlas.js";
import { el, fill, filled } from "../draw/dom.js";
import { addPosts, addUnits, find, lettersFor, placesInSlices, postCodeIn } from "./find.js";
import { chambersOf } from "../state/address.js";
import { pause } from "../state/slices.js";
import { nice, t } from "../state/words.js";

const WAIT = 90; // milliseconds after the last key

export class SearchBox {
  // `form` holds the field and, where the page has one, a button `.here`.
  constructor(app, form) {
    this.app = app;
    this.found = [];
    this.at = -1;
    this.chosen = 0; // places asked for so far: a position that comes after the next one is late
    this.input = filled(form.querySelector("#cari"), {
      role: "combobox",
      "aria-expanded": "false",
      "aria-controls": "hasil",
      "aria-autocomplete": "list",
      autocomplete: "off",
      autocapitalize: "off",
      spellcheck: "false",
      enterkeyhint: "search",
      onfocus: () => this.places().catch(() => {}),
      oninput: () => this.typed(),
      onkeydown: (event) => this.key(event),
      onblur: () => this.left(),
    });
    this.list = el("ul", { id: "hasil", role: "listbox", "aria-label": t("search"), hidden: true });
    this.hint = el("p", { class: "searchsaid", role: "status" });
    const here = form.querySelector("button.here");
    if (here) {
      here.hidden = !(navigator.geolocation && window.isSecureContext);
      here.addEventListener("click", () => this.locate());
    }
    form.addEventListener("submit", (event) => event.preventDefault()); // Enter chooses, and a button finds
    form.append(this.list, this.hint);
  }

  // All that can be found in the election that is shown; made when it is first needed.
  places() {
    const { tahun } = this.app.state;
    if (this.coming?.year !== tahun) {
      const coming = { year: tahun, places: this.read(tahun) };
      coming.places.catch(() => this.coming === coming && (this.coming = null));
      this.coming = coming;
    }
    return this.coming.places;
  }

  async read(year) {
    const { index } = this.app;
    const plans = chambersOf(index).filter((chamber) => index.plans[`${chamber}-${year}`]);
    const [known, { other, abroad }, ...facts] = await Promise.all([
      units(),
      otherNames(),
      ...plans.map((chamber) => factsOf(`${chamber}-${year}`)),
    ]);
    const dapil = facts.flatMap(({ rows }, at) =>
      rows.map(({ id, nama_dapil, kode_provinsi, bbox }) => ({
        id,
        nama_dapil,
        kode_provinsi,
        bbox,
        lembaga: plans[at],
      })),
    );
    const named = facts.flatMap(({ rows }) => rows.filter((row) => row.nama_lain).map((row) => [row.id, row.nama_lain]));
    return { year, ...(await placesInSlices(known.names, dapil, [...other, ...named], abroad)) };
  }

  typed() {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.look(), WAIT);
  }

  async look() {
    const text = this.input.value;
    if (text.trim().length < 2) return this.show([], "");
    if (!this.ready) this.hint.textContent = t("searching");
    try {
      const places = await this.places();
      const missing = await this.addDesa(places, text);
      if (!this.ready) await pause();
      this.ready = true;
      if (text !== this.input.value) return undefined;
      if (places.year !== this.app.state.tahun) return await this.look(); // the year was changed meanwhile
      const found = find(places, text, 8, this.app.state.lembaga);
      this.foundIn = places.year;
      return this.show(found, found.length ? t("searchfound", { n: found.length }) : t("searchnone"), missing);
    } catch (error) {
      return text === this.input.value ? this.show([], this.app.reason(error)) : undefined;
    }
  }

  // Add the desa that a text may mean; returns what to say where their names cannot be had: all else is found without.
  async addDesa(places, text) {
    try {
      const post = postCodeIn(text);
      if (post) addPosts(places, await unitsOfPost(this.app.index, post));
      else addUnits(places, await desaNamed(this.app.index, lettersFor(text)));
      return "";
    } catch (error) {
      if (error.name !== "LoadError") throw error;
      return `${t("nodesa")} ${this.app.reason(error)}`;
    }
  }

  show(found, said, missing = "") {
    this.found = found;
    this.at = -1;
    this.hint.textContent = `${said} ${missing}`.trim();
    this.hint.classList.toggle("unseen", found.length > 0 && !missing);
    fill(
      this.list,
      found.map((entry, at) => this.option(entry, at)),
    );
    this.list.hidden = !found.length;
    this.input.setAttribute("aria-expanded", String(found.length > 0));
    this.input.removeAttribute("aria-activedescendant");
  }

  option(entry, at) {
    const kind =
      entry.level === "dapil"
        ? t("level.dapil", { chamber: t(entry.lembaga) })
        : entry.level === "luar-negeri"
          ? t("level.abroad")
          : t(`level.${entry.kode.length}`);
    // The field keeps the focus when an option is pressed, or the list would be gone before the click. Only the click
    // chooses: a finger may be about to scroll, and what lies under a list that is gone would get its click.
    const stay = (event) => event.preventDefault();
    return el(
      "li",
      {
        id: `hasil-${at}`,
        role: "option",
        "aria-selected": "false",
        onmousedown: stay,
        onclick: () => this.choose(at),
      },
      el("span", { class: "name" }, entry.level === "dapil" ? nice(entry.nama) : entry.nama),
      el("span", { class: "more" }, [kind, ...entry.above].join(" · ")),
    );
  }

  mark(at) {
    this.at = at;
    [...this.list.children].forEach((option, place) => option.setAttribute("aria-selected", String(place === at)));
    if (at < 0) this.input.removeAttribute("aria-activedescendant");
    else {
      this.input.setAttribute("aria-activedescendant", `hasil-${at}`);
      this.list.children[at].scrollIntoView({ block: "nearest" });
    }
  }

  async key(event) {
    const count = this.found.length;
    if (event.key === "ArrowDown" && count) this.mark((this.at + 1) % count);
    else if (event.key === "ArrowUp" && count) this.mark((this.at <= 0 ? count : this.at) - 1);
    else if (event.key === "Escape") this.show([], "");
    else if (event.key === "Enter") {
      event.preventDefault();
      clearTimeout(this.waiting);
      if (this.at < 0) await this.look(); // typed and entered at once
      if (this.found.length) this.choose(Math.max(this.at, 0));
      return;
    } else return;
    event.preventDefault();
  }

  choose(at) {
    if (this.foundIn !== this.app.state.tahun) return this.look(); // a dapil of another year is none of this
    const { kode, level, lembaga, nama, kode_provinsi: prov, bbox } = this.found[at];
    this.chosen += 1;
    this.input.value = level === "dapil" ? nice(nama) : nama;
    this.show([], "");
    const plain = { unit: "", titik: null, dapil: "", kab: "", banding: 0, peta: null };
    if (level === "dapil") {
      return this.app.go({ ...plain, lembaga, prov, dapil: kode }, { focus: true, zoom: bbox });
    }
    if (level === "provinsi") return this.app.go({ ...plain, prov: kode }, { focus: true });
    if (level === "luar-negeri") return this.app.go({ ...plain, prov: "", unit: kode }, { focus: true });
    return this.app.go(
      { ...plain, prov: kode.slice(0, 2), kab: level === "kabkota" ? kode : "", unit: kode },
      { focus: true, zoomUnit: level !== "kabkota" },
    );
  }

  left() {
    setTimeout(() => document.activeElement !== this.input && this.show([], ""), 150);
  }

  // The position goes into the lookup on this device, and not into the address.
  locate() {
    this.hint.classList.remove("unseen");
    this.hint.textContent = t("herewait");
    const asked = ++this.chosen;
    navigator.geolocation.getCurrentPosition(
      ({ coords: { latitude, longitude, accuracy } }) => {
        if (asked !== this.chosen) return;
        this.hint.textContent = "";
        const titik = { lat: latitude, lon: longitude, accuracy, own: true };
        const reach = Math.max(0.05, accuracy / 60_000);
        this.app.go(
          { titik, unit: "", dapil: "", kab: "", prov: "", peta: null },
          { focus: true, zoom: [longitude - reach, latitude - reach, longitude + reach, latitude + reach] },
        );
      },
      () => {
        if (asked === this.chosen) this.hint.textContent = t("herefail");
      },
      { enableHighAccuracy: true, timeout: 15_000, maximumAge: 60_000 },
    );
  }
}
