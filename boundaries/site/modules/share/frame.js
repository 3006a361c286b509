// The page within somebody else's: without a list, in colours that were asked for, and as high as it needs.

// What a page around learns of its frame: {type: HEIGHT, height} in CSS pixels. It holds nothing of what is shown.
export const HEIGHT = "peta-dapil:height";

const SIDE_BY_SIDE = "(min-width: 44rem)"; // as the style sheet has it
const [LEAST, MOST] = [280, 600]; // pixels of the map
const LONGEST = 480; // pixels of a list below it; the rest is scrolled

// Tell the page around how high the frame would be, now and whenever that changes. `parts`: {stage, panel} of the page.
// What is told hangs on the width and on what is listed, never on the height that the frame has: it comes to rest.
export function tellHeight({ stage, panel }) {
  if (window.parent === window) return;
  let told = 0;
  const tell = () => {
    const listed = panel.offsetParent !== null;
    const beside = listed && matchMedia(SIDE_BY_SIDE).matches;
    const map = Math.round(Math.min(MOST, Math.max(LEAST, stage.clientWidth * 0.62)));
    const below = listed && !beside ? Math.min(LONGEST, Math.ceil(contentOf(panel))) : 0;
    const above = Math.ceil(stage.parentElement.getBoundingClientRect().top);
    const height = above + map + below;
    document.documentElement.style.setProperty("--map", `${map}px`);
    if (height === told) return;
    told = height;
    window.parent.postMessage({ type: HEIGHT, height }, "*");
  };
  new ResizeObserver(tell).observe(stage);
  new MutationObserver(tell).observe(panel, { childList: true, subtree: true, attributeFilter: ["open", "hidden"] });
  tell();
}

// How high what stands in an element is: its own height may be more.
function contentOf(element) {
  const own = element.getBoundingClientRect().top - element.scrollTop;
  const ends = [...element.children].map((each) => each.getBoundingClientRect().bottom - own);
  return Math.max(0, ...ends) + parseFloat(getComputedStyle(element).paddingBottom);
}
