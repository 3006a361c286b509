// Distances on the ellipsoid WGS 84, and which side of a line a point lies on, exactly.

const SEMI_MAJOR_M = 6378137;
const FLATTENING = 1 / 298.257223563;
const ECCENTRICITY_2 = FLATTENING * (2 - FLATTENING);
const METRES_PER_DEGREE = 110500; // the least length of a degree of latitude on WGS 84
const RADIANS = Math.PI / 180;
const ITERATIONS = 100;

// The length of a degree of longitude in degrees of latitude, on the ellipsoid: N cos(lat) / M.
export function stretchAt(lat) {
  const sine = Math.sin(lat * RADIANS);
  const cosine = Math.cos(lat * RADIANS);
  return Math.max((cosine * (1 - ECCENTRICITY_2 * sine * sine)) / (1 - ECCENTRICITY_2), 1e-6);
}

// A box [west, south, east, north] that holds everything within so many metres of a point.
export function windowAround(lon, lat, metres) {
  const high = metres / METRES_PER_DEGREE;
  const wide = high / stretchAt(Math.min(Math.abs(lat) + high, 89));
  return [lon - wide, lat - high, lon + wide, lat + high];
}

export function boxesMeet(a, b) {
  return a[0] <= b[2] && b[0] <= a[2] && a[1] <= b[3] && b[1] <= a[3];
}

// Metres between two points along the ellipsoid: T. Vincenty, Survey Review 23 (176), 1975, the inverse formula; good to
// a millimetre. Almost at the other side of the globe it does not settle: there the sphere's distance, good to 0.6 %.
export function geodesicMetres(lon1, lat1, lon2, lat2) {
  const [sinU1, cosU1] = reducedLatitude(lat1);
  const [sinU2, cosU2] = reducedLatitude(lat2);
  const difference = (lon2 - lon1) * RADIANS;
  let lambda = difference;
  for (let round = 0; round < ITERATIONS; round++) {
    const sinLambda = Math.sin(lambda);
    const cosLambda = Math.cos(lambda);
    const sinSigma = Math.hypot(cosU2 * sinLambda, cosU1 * sinU2 - sinU1 * cosU2 * cosLambda);
    if (sinSigma === 0 && cosLambda > 0) return 0;
    const cosSigma = sinU1 * sinU2 + cosU1 * cosU2 * cosLambda;
    const sigma = Math.atan2(sinSigma, cosSigma);
    const sinAlpha = (cosU1 * cosU2 * sinLambda) / sinSigma;
    const cos2Alpha = 1 - sinAlpha * sinAlpha;
    const cos2SigmaM = cos2Alpha > 0 ? cosSigma - (2 * sinU1 * sinU2) / cos2Alpha : 0; // 0 along the equator
    const c = (FLATTENING / 16) * cos2Alpha * (4 + FLATTENING * (4 - 3 * cos2Alpha));
    const before = lambda;
    const inner = cos2SigmaM + c * cosSigma * (2 * cos2SigmaM * cos2SigmaM - 1);
    lambda = difference + (1 - c) * FLATTENING * sinAlpha * (sigma + c * sinSigma * inner);
    if (Math.abs(lambda - before) < 1e-13) return alongGeodesic(sigma, sinSigma, cosSigma, cos2Alpha, cos2SigmaM);
  }
  return sphericalMetres(lon1, lat1, lon2, lat2);
}

function reducedLatitude(lat) {
  const tangent = (1 - FLATTENING) * Math.tan(lat * RADIANS);
  const cosine = 1 / Math.sqrt(1 + tangent * tangent);
  return [tangent * cosine, cosine];
}

function alongGeodesic(sigma, sinSigma, cosSigma, cos2Alpha, cos2SigmaM) {
  const minor = SEMI_MAJOR_M * (1 - FLATTENING);
  const u2 = (cos2Alpha * (SEMI_MAJOR_M ** 2 - minor ** 2)) / minor ** 2;
  const a = 1 + (u2 / 16384) * (4096 + u2 * (-768 + u2 * (320 - 175 * u2)));
  const b = (u2 / 1024) * (256 + u2 * (-128 + u2 * (74 - 47 * u2)));
  const square = cos2SigmaM * cos2SigmaM;
  const cubic = (b / 6) * cos2SigmaM * (4 * sinSigma * sinSigma - 3) * (4 * square - 3);
  const correction = b * sinSigma * (cos2SigmaM + (b / 4) * (cosSigma * (2 * square - 1) - cubic));
  return minor * a * (sigma - correction);
}

function sphericalMetres(lon1, lat1, lon2, lat2) {
  const north = Math.sin(((lat2 - lat1) * RADIANS) / 2) ** 2;
  const east = Math.sin(((lon2 - lon1) * RADIANS) / 2) ** 2;
  const half = north + Math.cos(lat1 * RADIANS) * Math.cos(lat2 * RADIANS) * east;
  return 2 * 6371008.8 * Math.asin(Math.sqrt(Math.min(1, half)));
}

// The side of the line a -> b on which p lies: 1 left, -1 right, 0 on it. Exact for all finite doubles: J. R. Shewchuk's
// bound on the rounding error settles almost every case; what it cannot is worked out in whole numbers.
export function sideOfLine(ax, ay, bx, by, px, py) {
  const left = (bx - ax) * (py - ay);
  const right = (by - ay) * (px - ax);
  const turn = left - right;
  const doubt = 3.3306690738754716e-16 * (Math.abs(left) + Math.abs(right)) + 1e-290; // the last: products underflow
  if (Math.abs(turn) > doubt) return turn > 0 ? 1 : -1;
  const [a, b, c, d, e, f] = wholeNumbers([ax, ay, bx, by, px, py]);
  const exact = (c - a) * (f - b) - (d - b) * (e - a);
  return exact > 0n ? 1 : exact < 0n ? -1 : 0;
}

// Doubles as whole numbers of one and the same power of two.
function wholeNumbers(doubles) {
  const bits = new DataView(new ArrayBuffer(8));
  const split = doubles.map((double) => {
    bits.setFloat64(0, double);
    const word = bits.getBigUint64(0);
    const exponent = Number((word >> 52n) & 0x7ffn);
    const fraction = word & 0xfffffffffffffn;
    const size = exponent ? fraction | 0x10000000000000n : fraction;
    return [double < 0 ? -size : size, Math.max(exponent, 1)];
  });
  const least = Math.min(...split.map(([, exponent]) => exponent));
  return split.map(([size, exponent]) => size << BigInt(exponent - least));
}

// Where a point lies to a closed ring [x, y, x, y, ...]: 1 inside, 0 on it, -1 outside. Exact.
export function sideOfRing(ring, px, py) {
  let inside = -1;
  let bx = ring[0];
  let by = ring[1];
  for (let at = 2; at < ring.length; at += 2) {
    const ax = bx;
    const ay = by;
    bx = ring[at];
    by = ring[at + 1];
    if (ax < px && bx < px) continue;
    if (bx === px && by === py) return 0;
    if (ay === py && by === py) {
      if (Math.min(ax, bx) <= px && px <= Math.max(ax, bx)) return 0;
    } else if ((ay > py && by <= py) || (by > py && ay <= py)) {
      const side = sideOfLine(ax, ay, bx, by, px, py);
      if (side === 0) return 0;
      if (side > 0 === by > ay) inside = -inside;
    }
  }
  return inside;
}
