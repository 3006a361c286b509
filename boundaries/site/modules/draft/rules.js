// A draft held against the law, in the browser: what boundaries/research/check.py finds, found from a council's file.
// A finding is {rule, status, dapil, units, said: [id, en], value}; no total score.
import { breaksOf } from "./standing.js";
import { comma, counted, fixed, grouped, largestRemainder, malapportionment, percent, sum } from "./shares.js";

export const PASSED = "lulus";
export const FAILED = "gagal";
export const ATTENTION = "perhatian";
export const UNKNOWN = "tak-dapat-dihitung";

// What is held against the rules: a plan, {names, label: the dapil of each unit or -1, seats: of each dapil or null}.
// Returns {plan, codes, findings}; `plan` has the seats that follow from people where none were given.
export function check(council, index, draft) {
  const count = draft.names.length;
  const missing = council.unit.filter((_, unit) => draft.label[unit] < 0);
  const weights = missing.length || !count ? [] : counted(council, draft.label, count);
  const seats = draft.seats ?? (weights.length ? largestRemainder(weights[0].people, council.kursi).seats : null);
  const { codes, odd } = numbered(council, draft.names);
  const plan = { ...draft, seats };
  const at = { council, index, plan, codes, weights, count };
  const findings = [allGround(council, missing)];
  if (!missing.length && seats) {
    findings.unshift(...seatsOfADapil(at));
    const size = sizeOfTheCouncil(at);
    if (size) findings.splice(findings.length - 1, 0, size);
    findings.push(found("A6", PASSED, [`tersusun dari ${council.tingkat} utuh`, `made of whole ${council.tingkat}`]));
    findings.push(seatsFollowPeople(at), numbering(odd), equalValue(at), proportional(at), even(at));
    findings.push(...together(at), ...sameGround(at), cohesion(), continuity(at));
  }
  return { plan, codes, findings };
}

function found(rule, status, said, dapil = [], units = [], value = {}) {
  return { rule, status, said, dapil, units, value };
}

function seatsOfADapil({ council, plan, codes }) {
  const [low, high] = council.batas;
  const wrong = plan.seats.map((seats, at) => [codes[at], seats]).filter(([, seats]) => seats < low || seats > high);
  if (!wrong.length) return [found("A1", PASSED, [`tiap dapil ${low}-${high} kursi`, `each dapil has ${low}-${high} seats`])];
  return wrong.map(([code, seats]) =>
    found(
      "A1",
      FAILED,
      [`${code}: ${seats} kursi, seharusnya ${low}-${high}`, `${code}: ${seats} seats, the law has ${low}-${high}`],
      [code],
    ),
  );
}

function sizeOfTheCouncil({ council, plan }) {
  if (!council.lembaga.startsWith("dprd")) return null;
  const rule = council.lembaga === "dprd-provinsi" ? "A3" : "A4";
  if (!council.penduduk_dewan) return found(rule, UNKNOWN, ["penduduk tidak diketahui", "people are not known"]);
  const [name, people] = council.penduduk_dewan;
  const [seats, wanted] = [sum(plan.seats), council.menurut_penduduk];
  return found(rule, seats === wanted ? PASSED : ATTENTION, [
    `${seats} kursi; ${wanted} untuk ${comma(grouped(people))} penduduk (${name})`,
    `${seats} seats; ${wanted} for ${grouped(people)} people (${name})`,
  ]);
}

function allGround(council, missing) {
  if (!missing.length) return found("A5", PASSED, ["tiap wilayah dalam satu dapil", "every unit lies in one dapil"]);
  const few =
    missing
      .slice(0, 5)
      .map(([code, name]) => `${name} (${code})`)
      .join(", ") + (missing.length > 5 ? ` … (+${missing.length - 5})` : "");
  return found(
    "A5",
    FAILED,
    [`${missing.length} wilayah tanpa dapil: ${few}`, `${missing.length} units without a dapil: ${few}`],
    [],
    missing.map(([code]) => code),
  );
}

function seatsFollowPeople({ plan, codes, weights }) {
  if (!weights.length)
    return found("A7", UNKNOWN, ["penduduk tiap dapil tidak diketahui", "people of the dapil are not known"]);
  const size = sum(plan.seats);
  const shares = weights.map(({ people }) => largestRemainder(people, size));
  const [first] = shares;
  const off = codes.map((_, at) => at).filter((at) => first.seats[at] !== plan.seats[at]);
  const tied = first.tied.some(Boolean);
  const each = off.map((at) => `${codes[at]} ${plan.seats[at]} (${first.seats[at]})`).join(", ");
  const { name, people } = weights[0];
  return found(
    "A7",
    tied || off.length ? ATTENTION : PASSED,
    [
      `${name}: ${off.length ? `berbeda: ${each}` : "kursi mengikuti penduduk"}${tied ? "; sisa sama" : ""}`,
      `${name}: ${off.length ? `differ: ${each}` : "seats follow people"}${tied ? "; equal remainders" : ""}`,
    ],
    off.map((at) => codes[at]),
    [],
    {
      bppd: sum(people) / size,
      kursi_menurut: Object.fromEntries(
        weights.map((weight, at) => [
          weight.name,
          Object.fromEntries(codes.map((code, dapil) => [code, shares[at].seats[dapil]])),
        ]),
      ),
    },
  );
}

const ROMAN = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII", "XIII", "XIV", "XV"];

// Codes of the dapil, and those whose number is another than the one in their name.
function numbered(council, names) {
  const digits = council.dewan.replaceAll(".", "");
  const coded = names.length > 0 && names.every((name) => /^\d{4,6}$/.test(name) && name.startsWith(digits));
  const codes = coded ? names : names.map((_, at) => digits + String(at + 1).padStart(2, "0"));
  const numbers = codes.map((code) => (/^\d{4,6}$/.test(code) ? Number(code.slice(-2)) : NaN));
  const named = names.map((name, at) => (coded ? numbers[at] : numeral(name)));
  let odd = codes.filter((_, at) => named[at] !== null && named[at] !== numbers[at]);
  const gapless = [...numbers].sort((a, b) => a - b).every((number, at) => number === at + 1);
  if (!gapless && codes.length > 1 && !odd.length) odd = [...codes];
  return { codes, odd };
}

function numeral(name) {
  const last = name.slice(name.lastIndexOf(" ") + 1);
  return /^\d+$/.test(last) ? Number(last) : ROMAN.indexOf(last) + 1 || null;
}

function numbering(odd) {
  const said = odd.length
    ? ["nomor tidak berurutan atau tidak sama dengan nama", "numbers are not in order, or not those of the names"]
    : ["nomor berurutan", "numbered in order"];
  return found("A8", odd.length ? ATTENTION : PASSED, said, odd);
}

function equalValue({ index, plan, codes, weights }) {
  if (!weights.length || !plan.seats.every((seats) => seats > 0))
    return found("a", UNKNOWN, ["penduduk tiap dapil tidak diketahui", "people of the dapil are not known"]);
  const { name, people } = weights[0];
  const price = people.map((each, at) => each / plan.seats[at]);
  const mean = sum(people) / sum(plan.seats);
  const off = price.map((each) => each / mean - 1);
  const beyond = codes.filter((_, at) => Math.abs(off[at]) > index.ambang.selisih);
  const worst = Math.max(...off.map(Math.abs));
  const far = worst > index.ambang.selisih_besar;
  const ratio = Math.max(...price) / Math.min(...price);
  const mal = malapportionment(people, plan.seats);
  return found(
    "a",
    beyond.length ? ATTENTION : PASSED,
    [
      `selisih harga kursi paling besar ${comma(percent(worst, 1))}${far ? " (lebih dari 15 %)" : ""}, terbesar/terkecil ` +
        `${comma(fixed(ratio, 2))}, MAL ${comma(percent(mal, 2))}; menurut ${name}`,
      `prices of a seat differ by ${percent(worst, 1)} at most${far ? " (over 15 %)" : ""}, largest/smallest ` +
        `${fixed(ratio, 2)}, MAL ${percent(mal, 2)}; by ${name}`,
    ],
    beyond,
    [],
    { selisih: Object.fromEntries(codes.map((code, at) => [code, off[at]])), rasio: ratio, mal },
  );
}

function proportional({ council, plan }) {
  const mean = sum(plan.seats) / plan.seats.length;
  const fewest = Math.ceil(sum(plan.seats) / council.batas[1]);
  return found(
    "b",
    PASSED,
    [
      `rata-rata ${comma(fixed(mean, 1))} kursi; ${plan.seats.length} dapil, paling sedikit mungkin ${fewest}`,
      `${fixed(mean, 1)} seats on average; ${plan.seats.length} dapil, ${fewest} at the fewest`,
    ],
    [],
    [],
    { rata_rata: mean, paling_sedikit: fewest },
  );
}

function even({ plan }) {
  const [low, high] = [Math.min(...plan.seats), Math.max(...plan.seats)];
  const said = [`kursi ${low}-${high}`, `${low}-${high} seats`];
  return found("c", PASSED, said, [], [], { rentang: high - low });
}

function together({ council, index, plan, codes }) {
  const broken = breaksOf(council, plan.label, index.ambang);
  if (!broken.length)
    return [found("d", PASSED, ["tiap dapil menyatu lewat darat", "each dapil is in one piece by land"])];
  return broken.map((each) => {
    const code = codes[each.dapil];
    const names = each.units.slice(0, 4).map((unit) => `${council.dasar[unit][1]} (${council.dasar[unit][0]})`);
    const what = names.join(", ") + (each.units.length > 4 ? " …" : "");
    const gap = [
      each.gap === null ? "celah lebih dari 500 m" : `celah ${comma(grouped(each.gap))} m`,
      each.gap === null ? "gap over 500 m" : `gap ${grouped(each.gap)} m`,
    ];
    const said = {
      darat: [
        `${code}: ${what} terpotong daratan dapil lain, ${gap[0]}`,
        `${code}: ${what} is cut off by the land of other dapil, ${gap[1]}`,
      ],
      "laut-terhalang": [
        `${code}: ${what} berpantai, tetapi tetangga lautnya milik dapil lain; ${gap[0]}`,
        `${code}: ${what} has a coast, but looks at other dapil over the sea; ${gap[1]}`,
      ],
      laut: [
        `${code}: ${each.pieces} bagian dipisahkan laut, tautan terjauh ${comma(fixed(each.sea / 1000, 1))} km`,
        `${code}: ${each.pieces} pieces parted by the sea, longest link ${fixed(each.sea / 1000, 1)} km`,
      ],
    }[each.kind];
    const notes = [
      each.doubtful && [
        " - celah di bawah 500 m, mungkin ulah peta dasar",
        " - gap under 500 m, perhaps the base map's",
      ],
      each.inherent && [
        " - terputus di dalam satu wilayah sendiri, bukan karena rencana",
        " - broken inside one unit, not by the plan",
      ],
    ].filter(Boolean);
    return found(
      "d",
      each.kind === "darat" && !each.doubtful ? FAILED : ATTENTION,
      [0, 1].map((language) => said[language] + notes.map((note) => note[language]).join("")),
      [code],
      each.units.map((unit) => council.dasar[unit][0]),
      { jenis: each.kind, bagian: each.pieces, bawaan: each.inherent, ragu: each.doubtful },
    );
  });
}

function sameGround({ council, plan, codes }) {
  const above = council.induk;
  if (!above) return [];
  const across = codes.map((code, dapil) => {
    const rows = above.unit.filter((_, unit) => plan.label[unit] === dapil).flat();
    return rows.length && Math.max(...rows) > Math.min(...rows) ? [code, Math.min(...rows), Math.max(...rows)] : null;
  });
  const crossing = across.filter(Boolean);
  if (!crossing.length)
    return [found("e", PASSED, [`tiap dapil di dalam satu dapil ${above.nama}`, `each dapil lies in one of ${above.nama}`])];
  return crossing.map(([code, low, high]) => {
    const pair = `${above.kode[low]}, ${above.kode[high]}`;
    return found(
      "e",
      council.lembaga === "dprd-kabkota" ? FAILED : ATTENTION,
      [`${code} melintasi dapil ${above.nama}: ${pair}`, `${code} lies across ${above.nama}: ${pair}`],
      [code],
    );
  });
}

function cohesion() {
  return found("f", UNKNOWN, [
    "sejarah, budaya, minoritas: tidak ada dalam data",
    "history, culture, minorities: not in the data",
  ]);
}

function continuity({ council, plan, codes, count }) {
  const law = council.hukum;
  const pairs = new Set(plan.label.flatMap((dapil, unit) => law.unit[unit].map((old) => `${dapil} ${old}`)));
  const olds = Array.from({ length: count }, () => []);
  const heirs = law.kode.map(() => []);
  for (const pair of pairs) {
    const [dapil, old] = pair.split(" ").map(Number);
    olds[dapil].push(old);
    heirs[old].push(dapil);
  }
  const changed = codes.filter((_, at) => !(olds[at].length === 1 && heirs[olds[at][0]].length === 1));
  if (!changed.length)
    return found("g", PASSED, [`semua dapil sama dengan ${law.nama}`, `all dapil are those of ${law.nama}`]);
  const said = {
    true: [
      "; wilayah lamanya masih memuat kursi yang sah: berubah tanpa keharusan angka",
      "; the old ground would still get lawful seats: changed without a numerical need",
    ],
    false: ["; wilayah lamanya tidak lagi memuat kursi yang sah", "; the old ground would not get lawful seats"],
    null: ["", ""],
  }[String(law.sah)];
  return found(
    "g",
    law.sah === false ? PASSED : ATTENTION,
    [
      `berubah terhadap ${law.nama}: ${changed.join(", ")}${said[0]}`,
      `changed against ${law.nama}: ${changed.join(", ")}${said[1]}`,
    ],
    changed,
    [],
    { berubah: changed.length, tetap: count - changed.length, wilayah_lama_sah: law.sah },
  );
}
