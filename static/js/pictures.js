// A click on a picture, or one that has just come, fills the fields of the creative that it was chosen for.
(() => {
  const choose = (creative, { picture, name, address, alt }) => {
    const field = (own) => creative.querySelector(`[name$="${own}"]`);
    const list = field("picture"), words = field("image_alt");
    if (!list) return;
    if (picture && ![...list.options].some(({ value }) => value == picture)) list.add(new Option(name, picture));
    list.value = picture || "";
    field("image_url").value = address || "";
    if (alt && !words.value) words.value = alt;
    list.dispatchEvent(new Event("change", { bubbles: true }));
  };
  document.addEventListener("click", (event) => {
    const pick = event.target.closest(".s-pick");
    if (!pick) return;
    const creative = pick.closest("[data-creative]");
    creative.querySelectorAll(".s-pick").forEach((each) => each.ariaPressed = each == pick);
    choose(creative, pick.dataset);
  });
  document.addEventListener("htmx:afterSwap", () => {
    const news = document.querySelector(".s-picture-choice .s-pick.new");
    if (!news) return;
    news.classList.remove("new");
    news.click();
  });
})();
