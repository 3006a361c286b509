// Small comforts; every page works without them.
const words = {
  id: { copy: "Salin", copied: "Tersalin" },
  en: { copy: "Copy", copied: "Copied" },
}[document.documentElement.lang] ?? { copy: "Copy", copied: "Copied" };

// A button to copy what is meant for another program. The clipboard is there only on HTTPS and localhost.
if (navigator.clipboard) {
  for (const place of document.querySelectorAll(".copy")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = words.copy;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(place.querySelector("code").textContent);
      button.textContent = words.copied;
      setTimeout(() => (button.textContent = words.copy), 1500);
    });
    place.append(button);
  }
}

// The search by name goes on on this device once its field is used; until then, and without, the service is asked.
for (const form of document.querySelectorAll("[data-find]")) {
  const begin = () => {
    form.removeEventListener("focusin", begin);
    const script = document.createElement("script");
    script.src = form.dataset.script;
    script.onload = () => globalThis.dapilFinder(form).catch(() => {});
    document.head.append(script);
  };
  form.addEventListener("focusin", begin);
  if (form.contains(document.activeElement)) begin();
}

// A link to a part that is folded away opens it.
const part = location.hash && document.getElementById(location.hash.slice(1));
if (part?.localName === "details") part.open = true;

// The lookup form: a pair "lat, lon" pasted into either box fills both; the place of this device on demand.
for (const form of document.querySelectorAll("[data-lookup]")) {
  const { lat, lon } = form.elements;
  for (const box of [lat, lon]) {
    box.addEventListener("paste", (event) => {
      const pair = event.clipboardData.getData("text").trim()
        .match(/^\(?\s*(-?\d+(?:\.\d+)?)\s*[,;\s]\s*(-?\d+(?:\.\d+)?)\s*\)?$/);
      if (!pair) return;
      event.preventDefault();
      // Indonesia's latitudes end at 11 degrees south; its longitudes begin at 94 east.
      const swapped = Math.abs(Number(pair[1])) > 90;
      lat.value = pair[swapped ? 2 : 1];
      lon.value = pair[swapped ? 1 : 2];
    });
  }
  const here = form.querySelector("[data-here]");
  if (navigator.geolocation && window.isSecureContext) {
    here.hidden = false;
    here.addEventListener("click", () => navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        lat.value = coords.latitude.toFixed(6);
        lon.value = coords.longitude.toFixed(6);
        form.requestSubmit();
      },
      () => {
        const hint = form.querySelector(".hint");
        hint.textContent = hint.dataset.failed;
      },
    ));
  }
}
