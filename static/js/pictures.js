// A click on a picture, or one that has just come, fills the fields of the creative's form.
(() => {
  const field = (name) => document.querySelector(`[name="${name}"]`);
  const choose = ({ picture, name, address, alt }) => {
    const list = field("picture"), link = field("image_url"), words = field("image_alt");
    if (!list) return;
    if (picture && ![...list.options].some(({ value }) => value == picture)) list.add(new Option(name, picture));
    list.value = picture || "";
    link.value = address || "";
    if (alt && !words.value) words.value = alt;
    list.dispatchEvent(new Event("change", { bubbles: true }));
  };
  document.addEventListener("click", (event) => {
    const pick = event.target.closest(".s-pick");
    if (!pick) return;
    document.querySelectorAll(".s-pick").forEach((each) => each.ariaPressed = each == pick);
    choose(pick.dataset);
  });
  document.addEventListener("htmx:afterSwap", () => {
    const news = document.querySelector("#picture-choice .s-pick.new");
    if (news) { news.classList.remove("new"); news.click(); }
  });
})();
