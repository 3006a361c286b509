// How names of places are written and spoken: titles, short forms, old spelling. What is typed and what is looked through
// go the same way here, and on the server (boundaries/law/spelling.py).

import { WORDS } from "./placewords.js";

// A word that may be a title, and whose.
export const HINTS = new Map(Object.entries(WORDS.hints));
// Of whom a dapil elects, when that is said; DPRD may be followed by its level.
export const CHAMBERS = WORDS.chambers;
export const DPRD_OF = WORDS.dprd_of;
// Words of an official title that tell nothing more.
export const IDLE = new Set(WORDS.idle);
// What people call a place beside its name in the law.
export const ALSO = new Map(Object.entries(WORDS.also));
const SHORT_NAMES = new Map(Object.entries(WORDS.short));

// Letters and digits only, in small; the old spelling and doubled letters as today's single ones.
function folded(text) {
  return text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/['’‘`ʼ]/g, "")
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}

// The words of a text, with what is short for another written out: the law itself writes "Kep. Masaloka Raya".
export function spelled(text) {
  const words = folded(text).split(" ").filter(Boolean);
  return words.flatMap((word, at) => {
    const full = SHORT_NAMES.get(word)?.split(" ") ?? [word];
    return full.length > 1 && full.at(-1) === words[at + 1] ? full.slice(0, -1) : full; // "DKI Jakarta" says it already
  });
}

// Roman numbers in small letters, and the figures that they stand for.
export const ROMAN = new Map(WORDS.roman.map((word, at) => [word, String(at + 1)]));

// What two spellings have in common: oe = u, dj = j, tj = c, doubled letters once, II = 2.
export function sounded(word) {
  if (ROMAN.has(word)) return ROMAN.get(word);
  for (const [old, now] of WORDS.sounds) word = word.replaceAll(old, now);
  return word.replace(/(\p{L})\1+/gu, "$1");
}

// The letter under which a word (as it sounds) is kept: a to z, or 0.
export function letterOf(word) {
  return word[0] >= "a" && word[0] <= "z" ? word[0] : "0";
}
