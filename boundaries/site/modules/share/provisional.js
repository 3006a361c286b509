// A map that another one will take the place of: the page says so, and when the other is there.

const PAUSE = 15000; // milliseconds between two questions

// Ask the service whether it serves another release by now; `note` is the line that the server wrote into the page.
export function watchForTheFull(note, api) {
  if (!note || !api) return;
  const [provisional, ready] = note.children;
  ready.querySelector("button").addEventListener("click", () => location.reload());
  const ask = async () => {
    try {
      const answer = await fetch(`${api}health`, { cache: "no-store" });
      const { release } = answer.ok ? await answer.json() : {};
      if (release && release !== note.dataset.release) {
        provisional.hidden = true;
        ready.hidden = false;
        return;
      }
    } catch {
      // away for a moment: asked again
    }
    setTimeout(ask, PAUSE);
  };
  setTimeout(ask, PAUSE);
}
