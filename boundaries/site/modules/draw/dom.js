// Elements made from code. Text goes in as text, never as markup: a name from the data cannot become an element.

const SVG = "http://www.w3.org/2000/svg";

// Make an element. `on…` are listeners, true sets an attribute without value, null and false leave it out.
export function el(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

// The same for the elements of an icon.
export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

// Give an element that stands in the page attributes and listeners.
export function filled(element, attributes, children = []) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(5).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

// An icon of 24 by 24 from the data of one path; what it means is told by the text beside it.
export function icon(path) {
  return svg(
    "svg",
    { viewBox: "0 0 24 24", width: 20, height: 20, "aria-hidden": "true", class: "icon" },
    svg("path", { d: path }),
  );
}

export const ICONS = {
  search: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13M15.3 15.3 20.5 20.5",
  here: "M12 8.5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7M12 2v4M12 18v4M2 12h4M18 12h4",
  back: "M14.5 5 7.5 12l7 7",
  close: "M6 6l12 12M18 6 6 18",
  share: "M12 15V3.5M7.5 7.5 12 3l4.5 4.5M5 12v8.5h14V12",
  save: "M12 3.5V15M7.5 11 12 15.5l4.5-4.5M4.5 20.5h15",
  seats:
    "M7 6.5a2 2 0 1 0 0 .01M17 6.5a2 2 0 1 0 0 .01M12 12a2 2 0 1 0 0 .01M7 17.5a2 2 0 1 0 0 .01M17 17.5a2 2 0 1 0 0 .01",
  print: "M7 8.5V3.5h10v5M7 17H4V8.5h16V17h-3M7 13.5h10v7H7z",
  whole: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  up: "M5 15l7-7 7 7",
  warning: "M12 4 2.8 20h18.4zM12 10v4.5M12 17.2v.1",
};

// Replace all that an element holds.
export function fill(element, ...children) {
  element.replaceChildren(
    ...children.flat(5).filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

// Hand a file to the person.
export function handOver(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
