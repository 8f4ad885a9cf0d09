// A form is sent once, nobody leaves what they typed unsaved without being asked, and what fails in the background is said.
(() => {
  const errors = document.getElementById("form-errors");
  let unsaved = Boolean(errors);
  errors?.focus(); // read out first, and Tab goes on from its links to the fields

  const typed = ({ target }) => { if (target.closest?.("form[data-keep]")) unsaved = true; };
  for (const name of ["input", "change", "htmx:afterSwap"]) {
    document.addEventListener(name, (event) => { if (name !== "htmx:afterSwap" || event.target.id === "condition") typed(event); });
  }

  document.addEventListener("change", ({ target }) => { if (target.matches("[data-submit-on-change]")) target.form.requestSubmit(); });

  // Whoever adds a row goes on in it; whoever removes one is not thrown back to the top of the page.
  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    const pressed = detail.requestConfig?.elt;
    if (pressed?.name !== "do" || !document.getElementById("condition")) return;
    const fresh = [...document.querySelectorAll("[name=condition-attribute]")].filter((row) => !row.value).pop();
    if (/^(add|group)/.test(pressed.value) && fresh) (fresh.hidden ? fresh.nextElementSibling.querySelector("input") : fresh).focus();
    else if (document.activeElement === document.body) document.querySelector("#condition :is(.s-button, textarea)").focus();
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return; // htmx sends its own
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "true";
    if (form.matches("[data-keep]")) unsaved = false; // another form of the page would lose what was typed in this one
  });
  // A fragment that could not be fetched: say so, keep the page as it is.
  const trouble = document.getElementById("trouble");
  const say = (words, link = "") => {
    if (!trouble.hidden && trouble.textContent.startsWith(words)) return; // not again with every poll
    trouble.replaceChildren(`${words} `);
    if (link) trouble.append(Object.assign(document.createElement("a"), { href: link, target: "_blank", textContent: "Log in in another tab" }));
    trouble.hidden = false;
  };
  document.addEventListener("htmx:responseError", ({ detail }) => {
    const { status } = detail.xhr;
    if (status === 401) say("You have been logged out. What stands on this page is still here, and saving it works once you are logged in.", trouble.dataset.login);
    else if (status === 403) say("This was not allowed, or the page is older than your login. Reload it, unless you have typed something: saving still works.");
    else say(`This did not work (${status}): the page shows what it showed before. Try again in a moment.`);
  });
  for (const name of ["htmx:sendError", "htmx:timeout"]) document.addEventListener(name, () => say("The server cannot be reached. What stands on this page is still here."));
  document.addEventListener("htmx:afterOnLoad", ({ detail }) => { if (detail.successful !== false && detail.xhr.status < 400) trouble.hidden = true; });

  // A picture that cannot be fetched leaves its first letter. The event does not bubble; one fetched before this ran has no width.
  const standIn = (picture) => {
    const letter = Object.assign(document.createElement("span"), { className: picture.className, textContent: picture.dataset.letter, title: picture.title });
    if (picture.alt) { letter.role = "img"; letter.ariaLabel = picture.alt; } else letter.ariaHidden = "true";
    picture.replaceWith(letter);
  };
  document.addEventListener("error", ({ target }) => { if (target.dataset?.letter) standIn(target); }, true);
  document.querySelectorAll("img[data-letter]").forEach((picture) => { if (picture.complete && !picture.naturalWidth) standIn(picture); });

  document.addEventListener("click", ({ target }) => { if (target.closest("[data-discard]")) unsaved = false; });
  const ready = () => document.querySelectorAll("[data-sent]").forEach((form) => delete form.dataset.sent);
  addEventListener("beforeunload", (event) => {
    if (!unsaved) return;
    event.preventDefault();
    setTimeout(ready); // who stays may send again
  });
  addEventListener("pageshow", ready); // back from the next page
})();
