// The search box of the service's other pages: the same search, on this device, that leads to the map.
import { SearchBox } from "./search/searchbox.js";
import { chambersOf, writeState, yearFor } from "./state/address.js";
import { load, setDataBase } from "./state/load.js";
import { speak, t } from "./state/words.js";

class Elsewhere {
  constructor(index, map) {
    const [lembaga] = chambersOf(index);
    Object.assign(this, { index, map, state: { lembaga, tahun: yearFor(index, lembaga) } });
  }

  go(changes) {
    location.assign(this.map + writeState({ ...this.state, ...changes }));
  }

  reason(error) {
    return t(navigator.onLine === false ? "offline" : "failed", { what: error.file ?? error.message });
  }
}

// Called by the page once its field is used: `form` tells where the data and the map are. What was typed meanwhile is
// looked for at once.
globalThis.dapilFinder = async (form) => {
  speak(document.documentElement.lang);
  setDataBase(form.dataset.base);
  const box = new SearchBox(new Elsewhere(await load("map-index.json"), form.dataset.to), form);
  if (box.input.value) await box.look();
};
