// Runs the page's lookup under node: node lookup_runner.mjs LOOKUP DATA < questions > answers. A question is [lon, lat,
// year or null]; an answer is what lookup() resolves to, or {error: {code, parameter}}. Also told: the files read, the time.
import { readFileSync } from "node:fs";
import { join } from "node:path";

const [address, data] = process.argv.slice(2);
const { lookup } = await import(address);

const parsed = new Map();
let opened = [];
async function load(name) {
  opened.push(name);
  if (!parsed.has(name)) parsed.set(name, JSON.parse(readFileSync(join(data, name), "utf8")));
  return parsed.get(name);
}

const answers = [];
for (const [lon, lat, year] of JSON.parse(readFileSync(0, "utf8"), (_, value) => (value === "NaN" ? NaN : value))) {
  opened = [];
  const start = performance.now();
  let answer;
  try {
    answer = await lookup(lon, lat, year, load);
  } catch (error) {
    if (error.name !== "LookupError") throw error;
    answer = { error: { code: error.code, parameter: error.parameter, allowed: error.allowed } };
  }
  answers.push({ ...answer, opened, milliseconds: performance.now() - start });
}
process.stdout.write(JSON.stringify(answers));
