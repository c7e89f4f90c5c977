// Shows fields that are asked only while another field has some value, and stars those that are needed only then.
// Without scripts every field is there, and its hint says when it is asked.
const form = document.querySelector("form[data-conditions]");
const rules = (name) => (form ? Object.entries(JSON.parse(form.dataset[name] || "{}")) : []);
const asked = rules("conditions"), needed = rules("needs");
const rowOf = (path) => form.querySelector(`[data-path="${CSS.escape(path)}"]`);
const holds = ([other, wanted]) => new FormData(form).getAll(other).some((value) => wanted.includes(value));
const filled = (row) => [...row.querySelectorAll("input, textarea, select")].some((el) => !["radio", "checkbox", "hidden"].includes(el.type) && el.value);

function star(row, wanted) {
  const label = row.querySelector(".label"), there = label?.querySelector(".star");
  if (!label || !!there === wanted) return;
  if (there) {
    there.remove();
    label.querySelectorAll(":scope > .vh, :scope > label > .vh").forEach((el) => el.remove());
  } else {
    const sign = Object.assign(document.createElement("span"), { className: "star", textContent: "*" });
    sign.setAttribute("aria-hidden", "true");
    label.prepend(sign);
  }
  row.querySelectorAll(".control input, .control select, .control textarea").forEach((el) => {
    if (!el.name || el.type === "radio" || el.type === "file" || el.type === "hidden") return;
    if (wanted) el.setAttribute("aria-required", "true");
    else el.removeAttribute("aria-required");
  });
}

function show() {
  for (const [path, rule] of asked) {
    const row = rowOf(path);
    if (row) row.hidden = !holds(rule) && !filled(row) && !row.querySelector("[aria-invalid]");
  }
  for (const [path, rule] of needed) {
    const row = rowOf(path);
    if (row) star(row, holds(rule));
  }
}
if (asked.length || needed.length) {
  form.addEventListener("change", show);
  show();
}
