// What is otherwise in some places than a voter may expect, and which plan of a chamber answers for an election: the rules
// and the words of boundaries/release/special_cases.py and lookup.py.

const ACEH = "11";
const CAPITAL = "64.09.04";
const CAPITAL_SINCE = 2024;
const IN_ACEH = {
  id: "Di Aceh DPRD provinsi disebut DPRA dan DPRD kabupaten/kota disebut DPRK (UU 11/2006).",
  en: "In Aceh the DPRD provinsi is called DPRA and the DPRD kabupaten/kota DPRK (UU 11/2006).",
};
const IN_CAPITAL = {
  id: "Sepaku termasuk Ibu Kota Nusantara (UU 3/2022), yang belum punya dapil sendiri: pada 2024 wilayah ini memilih bersama Kalimantan Timur.",
  en: "Sepaku is part of the new capital Nusantara (UU 3/2022), which has no dapil of its own yet: in 2024 this ground voted with Kalimantan Timur.",
};
// Said of a point that is farther off land than units reach.
export const NOT_HERE = {
  id: "Titik ini tidak di daratan Indonesia. Pemilih di luar negeri memilih DPR di dapil ini.",
  en: "This point is not on land of Indonesia. Voters abroad elect the DPR in this dapil.",
};
const NAMES = { dpr: "DPR", dpd: "DPD", "dprd-provinsi": "DPRD provinsi", "dprd-kabkota": "DPRD kabupaten/kota" };

// Code and name of what voters abroad belong to.
export const ABROAD = ["99", "Luar Negeri"];

export function noneAbroad(chamber) {
  return {
    code: "abroad",
    id: `Pemilih di luar negeri tidak memilih ${NAMES[chamber]}.`,
    en: `Voters abroad elect no ${NAMES[chamber]}.`,
  };
}

// What is to be said of a unit in an election; `provinces`: [code, name] of the provinsi that each of its dapil was of.
export function remarksOn(code, year, provinces) {
  const found = code.startsWith(ACEH) ? [IN_ACEH] : [];
  if (year >= CAPITAL_SINCE && code.startsWith(CAPITAL)) found.push(IN_CAPITAL);
  const others = provinces.filter(([other]) => other && other !== code.slice(0, 2)).map(([, name]) => name);
  for (const name of [...new Set(others)].sort()) {
    found.push({
      id: `Pada pemilu ${year} wilayah ini memilih sebagai bagian dari ${name}.`,
      en: `In the election of ${year} this ground voted as part of ${name}.`,
    });
  }
  return found;
}

// The plan of a chamber in an election: [id, what the index tells of it]; where the chamber was not elected then, the one
// that is in force on that day; null where there is none.
export function planInForce(index, chamber, year) {
  const own = `${chamber}-${year}`;
  if (index.plans[own]) return [own, index.plans[own]];
  const plans = Object.entries(index.plans);
  const days = plans.filter(([, plan]) => plan.tahun === Number(year)).map(([, plan]) => plan.mulai);
  const day = days.sort().at(-1) ?? "";
  const covers = ({ lembaga, composed, mulai, selesai }) =>
    lembaga === chamber && composed && mulai <= day && day < (selesai ?? "9999");
  return plans.find(([, plan]) => covers(plan)) ?? null;
}
