// Long work in slices: between two of them the browser answers a tap, and paints.

const SLICE = 24; // milliseconds; with what a step takes beyond it, a task stays far below 200 on a slow device

// Let the browser do what waits.
export function pause() {
  return globalThis.scheduler?.yield ? scheduler.yield() : nextTask();
}

// What comes after the task that is under way.
export function nextTask() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(0);
  });
}

// Do `step` with each of `items`, in slices.
export async function inSlices(items, step) {
  let began = performance.now();
  for (const item of items) {
    step(item);
    if (performance.now() - began < SLICE) continue;
    await pause();
    began = performance.now();
  }
}
