// Lists with a search: of attributes ([data-menu], a select) and of values that were seen ([data-picker], an input that
// then holds chips). Without this file both are what they are in the page.
(() => {
  let ids = 0;
  let next = null; // the field that gets the focus once the row is drawn anew because somebody has `chosen`
  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };
  const said = (element) => element.getAttribute("aria-label");

  // A combobox over a listbox, as the ARIA practices have it. `fill(text)` puts options into the list; `take` is told
  // which was chosen.
  const combobox = (input, { fill, take }) => {
    const list = make("ul", { role: "listbox", id: `picker-${++ids}`, class: "s-picker-list", "aria-label": said(input), hidden: "" });
    for (const [name, value] of Object.entries({ role: "combobox", autocomplete: "off", "aria-expanded": "false", "aria-controls": list.id, "aria-autocomplete": "list" })) input.setAttribute(name, value);
    input.removeAttribute("list");
    let active = null;
    let asked = 0;
    const options = () => [...list.querySelectorAll("[role=option]:not([hidden])")];
    const point = (option) => {
      active?.removeAttribute("aria-selected");
      active = option;
      if (!option) return input.removeAttribute("aria-activedescendant");
      option.id ||= `picker-option-${++ids}`;
      option.setAttribute("aria-selected", "true");
      option.scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-activedescendant", option.id);
    };
    const close = () => { list.hidden = true; input.setAttribute("aria-expanded", "false"); point(null); };
    const open = async (text) => {
      const mine = ++asked;
      // Until others come, of those that are there the ones that fit: Enter takes what one sees.
      const word = text.toLowerCase();
      options().forEach((option) => { option.hidden = !option.textContent.toLowerCase().includes(word); });
      if (text && !list.hidden) point(options()[0]);
      await fill(list, text);
      if (mine !== asked || document.activeElement !== input) return;
      list.hidden = false;
      input.setAttribute("aria-expanded", "true");
      point(text ? options()[0] : null);
    };
    const choose = (option) => { asked += 1; close(); take(option); };
    input.addEventListener("input", () => open(input.value.trim()));
    input.addEventListener("click", () => { if (list.hidden) open(""); });
    input.addEventListener("keydown", (event) => {
      const found = options();
      const place = found.indexOf(active);
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (list.hidden) return open("");
        point(found[(place + (event.key === "ArrowDown" ? 1 : -1) + found.length) % found.length] || null);
      } else if (event.key === "Enter" && !list.hidden && active) {
        event.preventDefault();
        choose(active);
      } else if (event.key === "Escape" && !list.hidden) {
        event.preventDefault();
        close();
      }
    });
    input.addEventListener("blur", close);
    list.addEventListener("mousedown", (event) => {
      event.preventDefault(); // the field keeps the focus
      const option = event.target.closest("[role=option]");
      if (option) choose(option);
    });
    input.after(list);
    return { close };
  };

  // --- attributes --------------------------------------------------------------------------------
  const menu = (select) => {
    const title = () => (select.value ? select.selectedOptions[0].textContent.trim() : "");
    const input = make("input", { "aria-label": said(select), placeholder: "Choose an attribute" });
    input.id = select.id;
    select.removeAttribute("id");
    input.value = title();
    if (select.getAttribute("aria-invalid")) input.setAttribute("aria-invalid", "true");
    select.hidden = true;
    select.after(make("span", { class: "s-combo" }, input));
    const fill = (list, text) => {
      const wanted = text.toLowerCase().split(/\s+/).filter(Boolean);
      const groups = [...select.querySelectorAll("optgroup")].flatMap((group) => {
        const found = [...group.children].filter((option) => wanted.every((word) => `${option.textContent} ${option.dataset.sentence} ${group.label}`.toLowerCase().includes(word)));
        // What is called so stands before what only speaks of it.
        found.sort((one, other) => wanted.length && other.textContent.toLowerCase().includes(wanted[0]) - one.textContent.toLowerCase().includes(wanted[0]));
        return found.length ? [make("li", { role: "presentation", class: "s-picker-group" }, group.label), ...found.map((option) => make("li", { role: "option", "data-value": option.value },
          make("span", { class: "s-strong" }, option.textContent.trim()), make("span", { class: "s-help" }, option.dataset.sentence)))] : [];
      });
      list.replaceChildren(...(groups.length ? groups : [make("li", { role: "presentation", class: "s-picker-foot" }, "No attribute is called so.")]));
    };
    combobox(input, { fill, take: (option) => {
      select.value = option.dataset.value;
      input.value = title();
      select.dispatchEvent(new Event("change", { bubbles: true }));
    } });
    input.addEventListener("focus", () => input.select());
    input.addEventListener("blur", () => { input.value = title(); });
  };

  // --- values ------------------------------------------------------------------------------------
  const BETWEEN = /\s*(?:,|(?<=\s)or(?=\s))\s*(?=(?:[^"]*"[^"]*")*[^"]*$)/i;
  const split = (text) => text.split(BETWEEN).map((part) => part.trim()).filter(Boolean);
  const quote = (text) => (split(text).length === 1 && !text.startsWith('"') ? text : `"${text}"`);

  const picker = (field) => {
    const chips = make("span", { class: "s-chips" });
    const input = make("input", { "aria-label": said(field) });
    for (const name of ["aria-invalid", "aria-describedby"]) if (field.hasAttribute(name)) input.setAttribute(name, field.getAttribute(name));
    input.id = field.id;
    field.removeAttribute("id");
    field.type = "hidden";
    field.after(chips);
    chips.append(input);
    let parts = split(field.value);
    const tell = () => field.dispatchEvent(new Event("change", { bubbles: true }));
    const keep = () => { field.value = [...parts, ...split(input.value)].join(", "); };
    const draw = () => {
      chips.querySelectorAll(".s-chip").forEach((chip) => chip.remove());
      parts.forEach((part, place) => {
        const word = part.replace(/^"(.*)"$/, "$1");
        const remove = make("button", { type: "button", "aria-label": `Remove ${word}` }, "×");
        remove.addEventListener("click", () => { parts.splice(place, 1); change(); input.focus(); });
        input.before(make("span", { class: "s-chip" }, word, remove));
      });
      input.placeholder = parts.length ? "or …" : "Choose or type";
      keep();
    };
    const change = () => { draw(); tell(); };
    const add = (words) => { input.value = ""; parts = [...new Set([...parts, ...words])]; change(); };
    let timer = 0;
    const fill = async (list, text) => {
      await new Promise((done) => { clearTimeout(timer); timer = setTimeout(done, text ? 120 : 0); });
      const answer = await fetch(`${field.dataset.picker}&text=${encodeURIComponent(text)}`).catch(() => null);
      if (answer?.ok) list.innerHTML = await answer.text();
    };
    const { close } = combobox(input, { fill, take: (option) => add([quote(option.dataset.value)]) });
    input.addEventListener("input", () => {
      if (split(`${input.value}x`).length > split(input.value).length) { // a comma or an "or" ends a word
        close();
        add(split(input.value.replace(/(?:,|\sor\s)\s*$/i, "")));
      } else keep();
    });
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.defaultPrevented && input.value.trim()) {
        event.preventDefault();
        close();
        add(split(input.value));
      } else if (event.key === "Backspace" && !input.value && parts.length) {
        parts.pop();
        change();
      }
    });
    input.addEventListener("blur", () => { if (input.value.trim()) add(split(input.value)); });
    chips.addEventListener("click", (event) => { if (event.target === chips) input.focus(); });
    draw();
  };

  // One name: what is typed stands, what is chosen replaces it.
  const single = (field) => {
    const fill = async (list, text) => {
      const answer = await fetch(`${field.dataset.picker}&text=${encodeURIComponent(text)}`).catch(() => null);
      if (answer?.ok) list.innerHTML = await answer.text();
    };
    const before = field.value;
    combobox(field, { fill, take: (option) => {
      field.value = option.dataset.value;
      next = { chosen: field, id: field.id.replace(/event$/, "how").replace("property", "operator") };
      field.dispatchEvent(new Event("change", { bubbles: true }));
    } });
    field.addEventListener("change", () => { if (field.value !== before) htmx.trigger(field, "picked"); });
  };

  const enhance = (root) => {
    root.querySelectorAll("input[data-single]:not([role])").forEach(single);
    root.querySelectorAll("select[data-menu]:not([hidden])").forEach(menu);
    root.querySelectorAll("input[data-picker]:not([type=hidden], [data-single])").forEach(picker);
  };
  document.addEventListener("htmx:load", ({ detail }) => enhance(detail.elt));
  enhance(document);

  // Whoever has chosen an attribute or a comparison goes on to what follows it.
  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    const name = detail.requestConfig?.elt?.name;
    // An estimate may settle before the row does: whoever were sent on then would type into a row about to be replaced.
    if (next && detail.requestConfig?.elt === next.chosen) {
      document.getElementById(next.id)?.focus();
      next = null;
      return;
    }
    const place = detail.requestConfig?.elt?.dataset?.row;
    if (!place || !["condition-attribute", "condition-operator"].includes(name)) return;
    document.getElementById(`row-${place}-${name === "condition-attribute" ? "operator" : "value"}`)?.focus();
  });
})();
