// Tells Segue who has signed in to the shop, with the proof that its server made; and when nobody has any more, that this browser is another's.
(() => {
  const identity = document.currentScript.dataset.identity, known = localStorage.getItem("shop.customer");
  const { userId = "", userHash } = identity ? JSON.parse(identity) : {};
  if (known && !userId) window.segue?.reset();
  if (userId && known != userId) window.segue?.identify(userId, {}, { userHash });
  localStorage.setItem("shop.customer", userId);
})();
