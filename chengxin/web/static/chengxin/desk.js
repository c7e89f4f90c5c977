// The desk with a keyboard: a phrase is written into the opinion; the rest of the keys is in app.js.
document.querySelectorAll("[data-phrase]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", () => {
    const opinion = document.getElementById("f-opinion");
    opinion.value = [opinion.value.trimEnd(), button.dataset.phrase].filter(Boolean).join("\n");
    opinion.dispatchEvent(new Event("input", { bubbles: true }));
  });
});
document.querySelectorAll("[data-needs-script]").forEach((el) => { el.hidden = false; });
