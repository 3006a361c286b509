// Numbers of a plan: seats that follow people, sums, and how Python writes them.

// Seats by the largest remainder over people / seats, in whole numbers; of equal remainders the first get the seats left
// over, and all of them are told as tied.
export function largestRemainder(people, seats) {
  const counted = people.map((each) => BigInt(Math.round(each)));
  const total = counted.reduce((sum, each) => sum + each, 0n);
  if (total <= 0n) throw new RangeError("no people to share seats among");
  const all = BigInt(seats);
  const given = counted.map((each) => Number((each * all) / total));
  const rest = counted.map((each) => (each * all) % total);
  const left = seats - given.reduce((sum, each) => sum + each, 0);
  const tied = people.map(() => false);
  if (!left) return { seats: given, tied };
  const order = rest.map((_, at) => at).sort((a, b) => (rest[a] === rest[b] ? a - b : rest[a] < rest[b] ? 1 : -1));
  const edge = rest[order[left - 1]];
  if (left < order.length && rest[order[left]] === edge) order.forEach((at) => (tied[at] = rest[at] === edge));
  for (const at of order.slice(0, left)) given[at] += 1;
  return { seats: given, tied };
}

// Half the sum of the differences between shares of seats and of people.
export function malapportionment(people, seats) {
  const all = sum(people);
  const chairs = sum(seats);
  return sum(people.map((each, at) => Math.abs(seats[at] / chairs - each / all))) / 2;
}

export const sum = (values) => values.reduce((total, each) => total + each, 0);

// A number with so many figures behind the point, as Python writes it: what lies exactly between two goes to the even one.
export function fixed(value, figures) {
  const scaled = value * 10 ** figures;
  const between = Number.isInteger(value * 2 ** (figures + 1)) && Math.abs(scaled % 1) === 0.5;
  return (between ? (2 * Math.round(scaled / 2)) / 10 ** figures : value).toFixed(figures);
}

// A share in per cent.
export const percent = (share, figures) => `${fixed(share * 100, figures)}%`;

// A whole number with its thousands parted.
export const grouped = (value) => fixed(value, 0).replace(/\B(?=(\d{3})+$)/g, ",");

// A number as Indonesian writes it: a comma before fractions, points between thousands.
export const comma = (text) => text.replace(/[.,]/g, (mark) => (mark === "." ? "," : "."));

// People of each dapil by a weight (null: not known): people of units, and those that several only have together.
export function peopleOf(weight, label, count) {
  const found = new Array(count).fill(0);
  label.forEach((dapil, unit) => {
    if (dapil < 0) return;
    if (weight.unit[unit] === null) found[dapil] = NaN;
    else found[dapil] += weight.unit[unit];
  });
  for (const [units, value] of weight.bersama) {
    const held = new Set(units.map((unit) => label[unit]));
    const [only] = held;
    if (held.size === 1 && only >= 0) found[only] += value;
    else for (const dapil of held) if (dapil >= 0) found[dapil] = NaN;
  }
  return found;
}

// Every weight that is known for all dapil, the best first.
export function counted(council, label, count) {
  return council.bobot
    .map((weight) => ({ name: weight.nama, people: peopleOf(weight, label, count) }))
    .filter(({ people }) => people.every((each) => each > 0));
}

// Number things by the groups that pairs join them to, from 0 in the order of their first.
export function groups(count, pairs) {
  const above = Array.from({ length: count }, (_, at) => at);
  const top = (at) => {
    while (above[at] !== at) at = above[at] = above[above[at]];
    return at;
  };
  for (const [a, b] of pairs) {
    const [one, other] = [top(a), top(b)];
    above[Math.max(one, other)] = Math.min(one, other);
  }
  const numbers = new Map();
  return above.map((_, at) => {
    const first = top(at);
    if (!numbers.has(first)) numbers.set(first, numbers.size);
    return numbers.get(first);
  });
}

// Names in the order that people expect: numbers in them by their value.
export function natural(one, other) {
  const parts = (name) => (name.match(/\d+|\D+/g) ?? []).map((each) => (/^\d/.test(each) ? Number(each) : each));
  const [a, b] = [parts(one), parts(other)];
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    if (a[at] === b[at]) continue;
    if (typeof a[at] !== typeof b[at]) return typeof a[at] === "number" ? -1 : 1;
    return a[at] < b[at] ? -1 : 1;
  }
  return a.length - b.length;
}
