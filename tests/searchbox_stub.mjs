// The search box with a page that is as good as none, for test_page_state.py: `gone` is where it led, `free` lets the files
// of 2024 go, which are held until then.
class Element {
  constructor() {
    Object.assign(this, { value: "", textContent: "", hidden: false, children: [] });
    this.classList = { toggle() {}, remove() {} };
  }
  append(...all) { this.children.push(...all); }
  replaceChildren(...all) { this.children = all; }
  setAttribute() {} removeAttribute() {} addEventListener() {}
  querySelector() { return new Element(); }
}
globalThis.document = { createElement: () => new Element(), createElementNS: () => new Element() };
globalThis.location = { protocol: "https:" };
globalThis.window = { isSecureContext: true };
Object.defineProperty(globalThis, "navigator", { value: {} }); // node of some versions has one of its own
let free;
const held = new Promise((resolve) => (free = resolve));
const facts = (year) => ({ plan: `dpr-${year}`, columns: ["id", "nama_dapil", "kode_provinsi", "bbox", "ragu"],
  rows: [[`dpr-${year}-1`, "JAWA BARAT II", "32", [1, 2, 3, year], []]], laws: [], doubts: [] });
globalThis.fetch = async (name) => {
  if (/\b2024\b/.test(name)) await held;
  const units = { levels: { provinsi: { kode: [["", 32]], nama: ["Jawa Barat"] } }, plans: {}, unmapped: [] };
  const file = name.match(/map-(units|places)/)?.[1];
  return new Response(JSON.stringify(file ? { units, places: { other: [], abroad: [] } }[file] : facts(name.match(/\d{4}/)[0])));
};
const { SearchBox } = await import(SEARCHBOX);
const gone = [];
const app = { state: { tahun: 2024 }, index: { files: {}, years: [2024, 2019], plans: { "dpr-2024": {}, "dpr-2019": {} } },
  go: (changes) => gone.push([app.state.tahun, changes.dapil]), reason: String };
const box = new SearchBox(app, new Element());
const type = (text) => { box.input.value = text; return box.look(); };
const shown = () => box.found.filter(({ level }) => level === "dapil").map(({ kode }) => kode);
const rest = () => new Promise((resolve) => setTimeout(resolve, 20));
