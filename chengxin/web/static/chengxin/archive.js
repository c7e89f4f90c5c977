// Hides fields that are asked only while another field has some value. Without scripts their hints say so.
const form = document.querySelector("form[data-conditions]");
const rules = form ? Object.entries(JSON.parse(form.dataset.conditions || "{}")) : [];
const rowOf = (path) => form.querySelector(`[data-path="${CSS.escape(path)}"]`);
const valuesOf = (name) => new FormData(form).getAll(name);
const filled = (row) => [...row.querySelectorAll("input, textarea, select")].some((el) => !["radio", "checkbox", "hidden"].includes(el.type) && el.value);

function show() {
  for (const [path, [other, wanted]] of rules) {
    const row = rowOf(path);
    if (!row) continue;
    const holds = valuesOf(other).some((value) => wanted.includes(value));
    row.hidden = !holds && !filled(row) && !row.querySelector("[aria-invalid]");
  }
}
if (rules.length) {
  form.addEventListener("change", show);
  show();
}
