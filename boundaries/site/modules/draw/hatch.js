// Strokes across a shape, as on a paper map: made of lines alone, so that every pen draws them.

// The strokes of a ring [x, y, ...] in pixels, as far as they lie in a picture of that size, each [[x, y], [x, y]]: falling
// at 45 degrees, `gap` pixels apart, on lines that all shapes of a map have in common.
export function strokesOf(ring, gap, width, height) {
  const strokes = [];
  let [least, most] = [Infinity, -Infinity];
  for (let i = 0; i < ring.length; i += 2) {
    least = Math.min(least, ring[i] - ring[i + 1]);
    most = Math.max(most, ring[i] - ring[i + 1]);
  }
  const step = gap * Math.SQRT2;
  most = Math.min(most, width);
  for (let at = Math.ceil(Math.max(least, -height) / step) * step; at < most; at += step) {
    const cuts = cutsAlong(ring, at).sort((a, b) => a - b);
    for (let i = 0; i + 1 < cuts.length; i += 2) {
      const [from, to] = [Math.max(cuts[i], 0, at), Math.min(cuts[i + 1], width, height + at)];
      if (from < to) strokes.push([[from, from - at], [to, to - at]]);
    }
  }
  return strokes;
}

// Where the line x - y = at crosses the ring, by x.
function cutsAlong(ring, at) {
  const cuts = [];
  for (let i = 0; i + 3 < ring.length; i += 2) {
    const before = ring[i] - ring[i + 1] - at;
    const after = ring[i + 2] - ring[i + 3] - at;
    if (before > 0 === after > 0) continue;
    cuts.push(ring[i] + ((ring[i + 2] - ring[i]) * before) / (before - after));
  }
  return cuts;
}
