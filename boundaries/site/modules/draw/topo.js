// TopoJSON decoded into flat arrays: no object for a point, and each arc once.

// Decode a quantised topology. Returns
//   integers  one Int32Array [x, y, x, y, ...] an arc, on the grid of the file
//   scale, translate   from grid to degrees: lon = translate[0] + x * scale[0]
//   objects   name -> features {id, properties, polygons}; polygons -> rings -> references to arcs (~n: backwards)
// Throws an Error that says what is wrong with the file.
export function decodeTopology(json) {
  if (json?.type !== "Topology" || !json.transform) throw new Error("not a quantised TopoJSON");
  let length = 0;
  for (const arc of json.arcs) length += 2 * arc.length;
  const flat = new Int32Array(length);
  const integers = [];
  let end = 0;
  for (const arc of json.arcs) {
    const start = end;
    let x = 0;
    let y = 0;
    for (const [dx, dy] of arc) {
      flat[end++] = x += dx;
      flat[end++] = y += dy;
    }
    integers.push(flat.subarray(start, end));
  }
  const objects = {};
  for (const [name, object] of Object.entries(json.objects)) objects[name] = object.geometries.map(featureOf);
  return { integers, scale: json.transform.scale, translate: json.transform.translate, objects, about: json.about };
}

function featureOf(geometry) {
  const polygons = { Polygon: [geometry.arcs], MultiPolygon: geometry.arcs }[geometry.type];
  if (!polygons) throw new Error(`${geometry.id}: a ${geometry.type} is no polygon`);
  return { id: geometry.id, properties: geometry.properties ?? {}, polygons };
}

// The closed ring of some arc references, as [x, y, ...] of the grid; the last point equals the first.
export function ringOf(topology, references) {
  let length = 2;
  for (const each of references) length += topology.integers[each < 0 ? ~each : each].length - 2;
  const ring = new Int32Array(length);
  let end = 0;
  for (const each of references) {
    const arc = topology.integers[each < 0 ? ~each : each];
    if (each >= 0) {
      ring.set(arc, end);
      end += arc.length;
    } else {
      for (let at = arc.length - 2; at >= 0; at -= 2) {
        ring[end++] = arc[at];
        ring[end++] = arc[at + 1];
      }
    }
    end -= 2; // the next arc begins where this one ended
  }
  return ring;
}

// Which features lie on the two sides of each arc: [first, second], -1 where there is none (a coast).
export function sidesOf(topology, features) {
  const first = new Int32Array(topology.integers.length).fill(-1);
  const second = new Int32Array(topology.integers.length).fill(-1);
  features.forEach((feature, at) => {
    for (const ring of feature.polygons.flat()) {
      for (const reference of ring) {
        const arc = reference < 0 ? ~reference : reference;
        if (first[arc] < 0) first[arc] = at;
        else second[arc] = at;
      }
    }
  });
  return [first, second];
}
