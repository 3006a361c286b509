// What stands behind the # of an address, as names and values. Chats and editors send a link on with its signs escaped, all of
// them or as in HTML: it is read all the same.
export function fragmentOf(hash) {
  const text = hash.replace(/^#/, "");
  return new URLSearchParams((text.includes("=") ? text : plain(text)).replaceAll("&amp;", "&"));
}

function plain(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a % that begins no escape
  }
}

// The plan that a dapil's id names, whatever else a link says: "dpr-2024" of "dpr-2024-3202".
export function planOf(id) {
  return id.replace(/-[^-]*$/, "");
}
