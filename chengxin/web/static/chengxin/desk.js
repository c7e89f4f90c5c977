// The desk with a keyboard: papers page by page, lines and rows by J and K, remarks without leaving; the other keys are in app.js.
{
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  all("[data-needs-script]").forEach((el) => { el.hidden = false; });

  // --- Papers: one page at a time, as large as the pane, larger by steps, turned, moved by hand -----------------------
  function papers(box) {
    const list = box.querySelector(".desk-sheets"), sheets = all("[data-page]", box), count = box.querySelector("[data-sheet-count]");
    let at = 0, zoom = 1, turns = 0;
    list.classList.add("paged");
    const parts = () => { const view = sheets[at].querySelector(".sheet-view"); return [view, view.firstElementChild, view.querySelector("img")]; };
    function draw(keep) {
      const [view, frame, picture] = parts();
      if (!picture.naturalWidth) return;
      const odd = turns % 2, w = odd ? picture.naturalHeight : picture.naturalWidth, h = odd ? picture.naturalWidth : picture.naturalHeight;
      const fit = Math.min(view.clientWidth / w, view.clientHeight / h), scale = fit * zoom;
      const before = keep && [(view.scrollLeft + view.clientWidth / 2) / view.scrollWidth, (view.scrollTop + view.clientHeight / 2) / view.scrollHeight];
      frame.style.width = `${w * scale}px`;
      frame.style.height = `${h * scale}px`;
      picture.style.width = `${(odd ? h : w) * scale}px`;
      picture.style.rotate = `${turns * 90}deg`;
      const marks = frame.querySelector("svg");
      if (marks) Object.assign(marks.style, { width: picture.style.width, height: `${(odd ? w : h) * scale}px`, rotate: picture.style.rotate });
      if (before) { view.scrollLeft = before[0] * view.scrollWidth - view.clientWidth / 2; view.scrollTop = before[1] * view.scrollHeight - view.clientHeight / 2; }
      view.dataset.zoom = zoom.toFixed(2);
    }
    function show(next) {
      at = (next + sheets.length) % sheets.length;
      zoom = 1; turns = 0;
      sheets.forEach((sheet, n) => { sheet.hidden = n !== at; });
      count.textContent = count.dataset.text.replace("{n}", at + 1).replace("{all}", sheets.length);
      draw();
    }
    function scale(how) {
      if (how === "in") zoom = Math.min(8, zoom * 1.5);
      if (how === "out") zoom = Math.max(1, zoom / 1.5);
      if (how === "fit") zoom = 1;
      if (how === "turn") turns = (turns + 1) % 4;
      draw(how === "in" || how === "out");
    }
    box.addEventListener("click", (e) => {
      const button = e.target.closest("[data-sheet], [data-scale]");
      if (button?.dataset.sheet) show(at + +button.dataset.sheet);
      else if (button) scale(button.dataset.scale);
    });
    document.addEventListener("click", (e) => {
      const hash = e.target.closest("a")?.hash, asked = hash ? sheets.findIndex((sheet) => `#${sheet.id}` === hash) : -1;
      if (asked >= 0) show(asked);
    });
    sheets.forEach((sheet) => {
      const view = sheet.querySelector(".sheet-view"), picture = sheet.querySelector("img");
      picture.addEventListener("load", () => draw());
      view.addEventListener("wheel", (e) => { if (e.ctrlKey) { e.preventDefault(); scale(e.deltaY < 0 ? "in" : "out"); } }, { passive: false });
      let from = null;
      view.addEventListener("pointerdown", (e) => { if (e.pointerType === "mouse" && !e.button) { from = [e.clientX + view.scrollLeft, e.clientY + view.scrollTop]; view.setPointerCapture(e.pointerId); view.classList.add("drag"); } });
      view.addEventListener("pointermove", (e) => { if (from) { view.scrollLeft = from[0] - e.clientX; view.scrollTop = from[1] - e.clientY; } });
      ["pointerup", "pointercancel"].forEach((name) => view.addEventListener(name, () => { from = null; view.classList.remove("drag"); }));
      picture.addEventListener("dragstart", (e) => e.preventDefault());
    });
    addEventListener("resize", () => draw());
    show(0);
  }
  all("[data-papers]").forEach(papers);

  // --- Phrases and remarks make the opinion ----------------------------------------------------------------------------
  const opinion = document.getElementById("f-opinion");
  function write(text) {
    opinion.value = [opinion.value.trimEnd(), text].filter(Boolean).join("\n");
    opinion.dispatchEvent(new Event("input", { bubbles: true }));
    opinion.scrollTop = opinion.scrollHeight;
  }
  all("[data-phrase]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => write(button.dataset.phrase));
  });
  document.addEventListener("keydown", (e) => {
    const area = e.target.closest(".remark-form textarea, #f-opinion"), digit = /^Digit([1-9])$/.exec(e.code);
    if (!area || !e.altKey || e.ctrlKey || e.metaKey || !digit) return;
    const phrase = all("[data-phrase]")[digit[1] - 1];
    if (!phrase) return;
    e.preventDefault();
    area.setRangeText(phrase.dataset.phrase, area.selectionStart, area.selectionEnd, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  });
  document.getElementById("hand-over")?.addEventListener("toggle", (e) => { if (e.target.open) e.target.querySelector("select").focus(); });
  let assembled = document.getElementById("assembled")?.value ?? "";
  document.addEventListener("htmx:afterSettle", (e) => {
    const now = document.getElementById("assembled")?.value ?? "";
    if (opinion && now !== assembled) {
      if (opinion.value === assembled) opinion.value = now;
      else write(now.startsWith(assembled) ? now.slice(assembled.length).trim() : now.split("\n").pop());
      assembled = now;
    }
    const line = e.target.closest?.(".desk-line");
    line?.querySelector("[aria-invalid], .remark-form > summary")?.focus();
  });
  document.addEventListener("keydown", (e) => {
    if (e.key === "Enter" && (e.ctrlKey || e.metaKey) && e.target.closest(".remark-form form")) { e.preventDefault(); e.target.form.requestSubmit(); }
    if (e.key === "Escape" && e.target.closest(".remark-form form")) { const box = e.target.closest("details"); box.open = false; box.querySelector("summary").focus(); }
    if (e.key === "Escape" && e.target === opinion) opinion.blur();
  });

  // --- J and K: the next and the last line that can be remarked on, or row of the list ----------------------------------
  const stops = () => all(".desk-line .remark-form > summary, a[data-row]").filter((el) => el.checkVisibility?.() ?? el.offsetParent);
  let stood = null;
  function step(by) {
    const found = stops(), here = found.indexOf(document.activeElement), was = found.indexOf(stood);
    const next = found[Math.max(0, Math.min(found.length - 1, (here >= 0 ? here : was) + by))] || found[0];
    if (!next) return;
    stood = next;
    next.focus({ preventScroll: true });
    next.closest(".desk-line, tr").scrollIntoView({ block: "nearest" });
  }
  function remark() {
    const line = (document.activeElement.closest(".desk-line, figcaption") || stood?.closest(".desk-line"));
    const box = line?.querySelector(".remark-form");
    if (!box) return;
    box.open = true;
    box.querySelector("textarea").focus({ preventScroll: true });
    box.closest(".desk-line, figcaption").scrollIntoView({ block: "nearest" });
  }
  function pick() {
    const box = document.activeElement.closest("tr")?.querySelector("input[type=checkbox]");
    box?.click();
  }
  const keys = { j: () => step(1), k: () => step(-1), m: remark, s: pick };
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing) return;
    if (e.target.closest("input:not([type=checkbox]), textarea, select, dialog[open], [contenteditable]")) return;
    const act = keys[e.key.toLowerCase()];
    if (!act) return;
    e.preventDefault();
    act();
  });
}
