// Buttons with data-copy="id" copy the text of that element.
document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-copy]");
  if (!button) return;
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(document.getElementById(button.dataset.copy)); // no permission: ready for Ctrl-C
    button.textContent = "Press Ctrl-C";
  }
  setTimeout(() => (button.textContent = label), 2000);
});
