// The grid of hours: painted by dragging, walked with arrow keys, filled by presets and by its headings. Without this it is boxes and buttons.
(() => {
  const PRESETS = { working: [[0, 5, 9, 18]], evenings: [[0, 7, 18, 23]], weekends: [[5, 7, 0, 24]], friday: [[4, 5, 9, 24], [5, 7, 0, 24]] };

  for (const grid of document.querySelectorAll("[data-hours]")) {
    if (grid.dataset.ready) continue;
    grid.dataset.ready = "true";
    const boxes = [...grid.querySelectorAll("input[type=checkbox]")]; // Monday first, 24 a day
    const words = grid.querySelector("[data-hours-words]");
    const clear = grid.querySelector("[data-hours-clear]");
    const told = () => {
      const ticked = boxes.filter((box) => box.checked).length;
      words.textContent = ticked === 0 || ticked === boxes.length ? "Always" : `${ticked} of ${boxes.length} hours of the week`;
      grid.dispatchEvent(new Event("input", { bubbles: true })); // somebody has typed
    };
    const fill = (some, value) => { some.forEach((box) => { box.checked = value; }); told(); };

    clear.hidden = false;
    clear.addEventListener("click", () => fill(boxes, false));
    for (const button of grid.querySelectorAll("[name$=-preset]")) {
      button.addEventListener("click", (event) => {
        event.preventDefault();
        boxes.forEach((box) => { box.checked = false; });
        fill(PRESETS[button.value].flatMap(([first, last, from, until]) => boxes.filter((_, i) => Math.floor(i / 24) >= first && Math.floor(i / 24) < last && i % 24 >= from && i % 24 < until)), true);
      });
    }

    // A heading ticks its row or column, or clears it where all of it is ticked.
    const line = (heading, some) => {
      heading.style.cursor = "pointer";
      heading.addEventListener("click", () => fill(some, !some.every((box) => box.checked)));
    };
    grid.querySelectorAll("thead th").forEach((heading, hour) => line(heading, boxes.filter((_, i) => i % 24 === hour)));
    grid.querySelectorAll("tbody th").forEach((heading, day) => line(heading, boxes.slice(day * 24, day * 24 + 24)));

    let painting = null; // what the drag makes of each box that it meets
    grid.addEventListener("pointerdown", (event) => {
      const box = event.target.closest("td")?.querySelector("input");
      if (!box || event.pointerType === "touch") return; // a finger scrolls the table
      event.preventDefault();
      painting = !box.checked;
      box.focus();
      fill([box], painting);
    });
    grid.addEventListener("click", (event) => { if (event.target.matches("input") && event.detail > 0 && event.pointerType !== "touch") event.preventDefault(); });
    grid.addEventListener("pointerover", (event) => {
      const box = painting === null ? null : event.target.closest("td")?.querySelector("input");
      if (box) fill([box], painting);
    });
    addEventListener("pointerup", () => { painting = null; });
    grid.addEventListener("change", told);

    grid.addEventListener("keydown", (event) => {
      const i = boxes.indexOf(event.target);
      const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 24, ArrowUp: -24 }[event.key];
      if (i < 0 || !step || !boxes[i + step]) return;
      event.preventDefault();
      boxes[i + step].focus();
    });
  }
})();
