// Behaviour of the pages. Nothing here is needed: without it every form posts and every link leads.
const $ = (sel, root = document) => root.querySelector(sel);
const $$ = (sel, root = document) => [...root.querySelectorAll(sel)];
const make = (tag, props = {}, ...kids) => { const el = Object.assign(document.createElement(tag), props); el.append(...kids); return el; };
const token = (root) => ($("input[name=csrfmiddlewaretoken]", root || document) || $("input[name=csrfmiddlewaretoken]") || {}).value || "";
const send = (url, options = {}) => fetch(url, { credentials: "same-origin", ...options, headers: { "X-Requested-With": "fetch", "X-CSRFToken": token(), ...options.headers } });
const on = (el, name, act) => el.addEventListener(name, act);
const clock = () => new Date().toTimeString().slice(0, 5);
const english = document.documentElement.lang === "en";
const say = (zh, en) => (english ? en : zh);

// --- Forms: one submission at a time, errors first, changed paths saved -------------------------------------------
function guard(form) {
  on(form, "submit", (e) => {
    if (form.dataset.sent && Date.now() - form.dataset.sent < 15000) { e.preventDefault(); return; }
    if (e.defaultPrevented || form.method === "dialog") return;
    const sending = $("[data-sending-now]", form);
    if (sending) { e.preventDefault(); sending.scrollIntoView({ block: "center" }); $("button", sending)?.focus(); return; }
    form.dataset.sent = Date.now();
    form.setAttribute("aria-busy", "true");
    if (e.submitter) e.submitter.setAttribute("aria-disabled", "true");
    form.dataset.leaving = "1";
  });
}
addEventListener("pageshow", () => $$("form[data-sent]").forEach((form) => {
  delete form.dataset.sent; delete form.dataset.leaving; form.removeAttribute("aria-busy");
  $$("[aria-disabled=true]", form).forEach((el) => el.removeAttribute("aria-disabled"));
}));

function summary(root) {
  const box = $("[data-summary]", root);
  if (!box) return;
  box.focus();
  on(box, "click", (e) => {
    const link = e.target.closest("a[href^='#']");
    const target = link && document.getElementById(link.hash.slice(1));
    if (!target) return;
    e.preventDefault();
    target.scrollIntoView({ block: "center" });
    target.focus();
  });
}

const tidy = (text) => (text ?? "").replace(/[\s;；]+/g, " ").trim();
const SKIP = /^(_|csrfmiddlewaretoken$|base_rev$|submission_key$)|\.(search|hit|new)$/;
function values(form) {
  const found = {};
  for (const el of form.elements) {
    if (!el.name || el.type === "file" || el.type === "submit" || el.type === "button" || SKIP.test(el.name)) continue;
    if ((el.type === "checkbox" || el.type === "radio") && !el.checked) { found[el.name] = found[el.name] ?? ""; continue; }
    if (/\.(name|uscc)$/.test(el.name)) (found[el.name] ??= []).push(tidy(el.value));
    else if (el.type === "checkbox" || el.type === "hidden") found[el.name] = found[el.name] ? found[el.name] + "," + el.value : el.value;
    else found[el.name] = el.value;
  }
  const whole = {};
  for (const [name, value] of Object.entries(found)) {
    const part = name.match(/^(.*)\.(from|to|long|day|name|uscc|[123])$/);
    if (!part) whole[name] = value;
    else if (part[2] === "from") {
      const end = found[part[1] + ".long"] ? "长期" : found[part[1] + ".to"];
      whole[part[1]] = value || end ? value + ".." + end : "";
    } else if (part[2] === "day") whole[part[1]] = found[part[1] + ".long"] ? "长期" : value;
    else if (part[2] === "name") {
      const pairs = value.map((unit, at) => [unit, found[part[1] + ".uscc"]?.[at] ?? ""]);
      whole[part[1]] = pairs.filter((pair) => pair.some(Boolean)).map((pair) => pair.join("\t")).join("\n");
    } else if (part[2] === "1") whole[part[1]] = found[part[1] + ".3"] || found[part[1] + ".2"] || value;
  }
  return whole;
}

function autosave(form) {
  let before = values(form), timer = 0, busy = false;
  const state = $("[data-save-state]", form), button = form.dataset.saveName || "暂存";
  const tell = (text, bad) => { if (state) { state.textContent = text; state.classList.toggle("bad", !!bad); } };
  const changes = () => { const now = values(form); const diff = {}; for (const k of new Set([...Object.keys(before), ...Object.keys(now)])) if ((before[k] ?? "") !== (now[k] ?? "")) diff[k] = now[k] ?? ""; return [diff, now]; };
  async function save() {
    const [diff, now] = changes();
    if (busy || !Object.keys(diff).length || form.dataset.leaving) return;
    busy = true;
    try {
      const rev = form.elements.base_rev;
      const answer = await send(form.dataset.autosave, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ base_rev: rev ? +rev.value : 0, changes: diff }) });
      if (answer.status === 401) { document.dispatchEvent(new Event("session-over")); throw 0; }
      if (!answer.ok) throw 0;
      const body = answer.status === 204 ? {} : await answer.json();
      if (body.clashes?.length) { tell(say(`部分内容已在另一窗口被修改，请点击“${button}”后选择保留哪一个。`, "Some answers were changed in another window. Choose Save to compare them."), true); return; }
      if (rev && body.rev != null) rev.value = body.rev;
      before = now;
      tell(say("已自动保存 ", "Saved ") + clock());
      document.dispatchEvent(new Event("session-used"));
    } catch { tell(say(`自动保存未成功，请点击“${button}”。`, "Not saved automatically. Please choose Save."), true); timer = setTimeout(save, 30000); } finally { busy = false; }
  }
  const later = () => { clearTimeout(timer); timer = setTimeout(save, +form.dataset.autosaveAfter || 4000); };
  on(form, "input", later);
  on(form, "change", later);
  on(document, "visibilitychange", () => document.hidden && save());
  addEventListener("beforeunload", (e) => { if (!form.dataset.leaving && Object.keys(changes()[0]).length) e.preventDefault(); });
}

// --- Entry fields --------------------------------------------------------------------------------------------------
function clearable(box) {
  const input = $("input", box);
  const button = make("button", { type: "button", className: "clear", textContent: "×", title: box.dataset.clear, hidden: !input.value });
  button.setAttribute("aria-label", box.dataset.clear);
  on(button, "click", () => { input.value = ""; button.hidden = true; input.focus(); input.dispatchEvent(new Event("input", { bubbles: true })); });
  on(input, "input", () => { button.hidden = !input.value; });
  box.append(button);
}

function counter(area) {
  const out = area.nextElementSibling, most = +area.dataset.count;
  const show = () => { const n = [...area.value].length; out.textContent = out.dataset.text.replace("{n}", n); out.classList.toggle("over", n > most); };
  on(area, "input", show);
  show();
}

function password(box) {
  const input = $("input", box);
  const button = make("button", { type: "button", className: "link small", textContent: box.dataset.show });
  button.setAttribute("aria-pressed", "false");
  on(button, "click", () => {
    const shown = input.type === "text";
    input.type = shown ? "password" : "text";
    button.textContent = shown ? box.dataset.show : box.dataset.hide;
    button.setAttribute("aria-pressed", String(!shown));
  });
  box.append(button);
}

function period(box) {
  const end = $$("input[type=date]", box).pop(), long = $("input[type=checkbox]", box);
  const show = () => { end.disabled = long.checked; };
  on(long, "change", show);
  show();
}

function units(list) {
  const more = make("button", { type: "button", className: "link", textContent: list.dataset.units });
  on(more, "click", () => {
    const row = list.lastElementChild.cloneNode(true), number = list.children.length + 1;
    for (const input of $$("input", row)) {
      input.value = "";
      input.removeAttribute("id");
      input.setAttribute("aria-label", input.getAttribute("aria-label").replace(/\d+$/, number));
    }
    list.append(row);
    $("input", row).focus();
  });
  list.after(more);
}

function divisions(box) {
  const lists = $$("select", box), name = box.dataset.name, hits = $("[data-division-hits]", box);
  const fill = (list, options) => {
    const first = list.options[0];
    first.textContent = options.length ? lists[0].options[0].textContent : "—";
    list.replaceChildren(first, ...options.map(([code, text]) => make("option", { value: code, textContent: text })));
    list.value = "";
  };
  const options = async (parent) => (await (await send(`${box.dataset.divisions}?parent=${encodeURIComponent(parent)}`)).json()).options;
  lists.forEach((list, at) => on(list, "change", async () => {
    lists.slice(at + 1).forEach((lower) => fill(lower, []));
    if (list.value && lists[at + 1]) fill(lists[at + 1], await options(list.value));
  }));
  const input = $("input[type=search]", box);
  const find = async (e) => {
    e.preventDefault();
    const answer = await send(`${box.dataset.divisions}?name=${encodeURIComponent(name)}&q=${encodeURIComponent(input.value)}`, { headers: { Accept: "text/html" } });
    if (answer.ok) hits.innerHTML = await answer.text();
  };
  $("[data-division-find]", box).addEventListener("click", find);
  on(input, "keydown", (e) => e.key === "Enter" && find(e));
  on(hits, "change", async (e) => {
    const answer = await (await send(`${box.dataset.divisions}?way=${encodeURIComponent(e.target.value)}`)).json();
    for (let at = 0; at < 3; at++) { fill(lists[at], answer.levels[at]); lists[at].value = answer.way[at] || ""; }
    const waits = hits.contains(document.activeElement); // whoever has gone on to another field is not called back
    hits.replaceChildren();
    input.value = "";
    lists[0].dispatchEvent(new Event("input", { bubbles: true }));
    if (waits) lists.findLast?.((list) => list.value)?.focus();
  });
}

// --- Files: each its own request, pictures reduced and turned before sending ---------------------------------------
const LONGEST = 2560;
async function reduce(file, turns = 0) {
  if (!/^image\/(jpeg|png|webp)$/.test(file.type)) return file;
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
  if (scale === 1 && !turns && file.size < 1048576) return file;
  const w = Math.round(picture.width * scale), h = Math.round(picture.height * scale);
  const canvas = make("canvas", turns % 2 ? { width: h, height: w } : { width: w, height: h });
  const pen = canvas.getContext("2d");
  pen.translate(canvas.width / 2, canvas.height / 2);
  pen.rotate((turns * Math.PI) / 2);
  pen.drawImage(picture, -w / 2, -h / 2, w, h);
  const type = file.type === "image/png" ? "image/png" : "image/jpeg";
  const blob = await new Promise((done) => canvas.toBlob(done, type, 0.88));
  return new File([blob], file.name.replace(/\.webp$/i, ".jpg"), { type });
}

async function preview(canvas, file) {
  const picture = await createImageBitmap(file).catch(() => null), pen = canvas.getContext("2d");
  if (!picture) return;
  const scale = 112 / Math.max(picture.width, picture.height), w = picture.width * scale, h = picture.height * scale;
  pen.clearRect(0, 0, 112, 112);
  pen.drawImage(picture, (112 - w) / 2, (112 - h) / 2, w, h);
}

const AT_ONCE = 3; // pictures are decoded to be reduced: two hundred at a time would fill the memory of a phone
let busy = 0;
const queue = [];
function myTurn() {
  const over = () => { const next = queue.shift(); if (next) next(over); else busy--; };
  return new Promise((go) => { if (busy < AT_ONCE) { busy++; go(over); } else queue.push(() => go(over)); });
}

function files(box) {
  const words = box.dataset, list = $(".files", box), input = $("input[type=file]", box), camera = $("[data-camera]", box), out = $("[data-file-say]", box);
  if (!words.files) return;
  if (matchMedia("(pointer: coarse)").matches) camera.hidden = false;
  function row(original) {
    let turns = 0, id = null, request = null;
    const bar = make("progress", { max: 100, value: 0 }), note = make("span", { className: "small" }), hidden = make("input", { type: "hidden", name: words.name });
    bar.setAttribute("aria-label", `${words.sending} ${original.name}`);
    const button = (text, act, cls = "link") => { const b = make("button", { type: "button", className: cls, textContent: text, onclick: act }); b.setAttribute("aria-label", `${text} ${original.name}`); return b; };
    const retry = button(words.retry, start), turn = button(words.turn, () => { turns++; start(); });
    const remove = button(words.remove, () => { request?.abort(); if (id) forget(id); item.remove(); list.hidden = !list.children.length; input.focus(); changed(); }, "link danger");
    const isPicture = original.type.startsWith("image/"), thumb = isPicture ? make("canvas", { className: "thumb", width: 112, height: 112 }) : make("span", { className: "thumb", textContent: original.name.split(".").pop().toUpperCase() });
    const item = make("li", {}, thumb, make("span", {}, original.name, document.createElement("br"), bar, note), make("span", { className: "actions" }, retry, isPicture ? turn : "", remove));
    const fail = (text) => { delete item.dataset.sendingNow; bar.hidden = true; retry.hidden = false; note.textContent = text; note.className = "problem"; out.textContent = `${original.name}：${text}`; };
    async function start() {
      request?.abort();
      item.dataset.sendingNow = "1";
      retry.hidden = true; bar.hidden = false; bar.value = 0; note.className = "small"; note.textContent = words.sending;
      const over = await myTurn();
      if (!item.isConnected) return over();
      let file;
      try { file = await reduce(original, turns); } catch { file = original; }
      if (file.size > +words.bytes) { over(); return fail(words.large); }
      if (isPicture) preview(thumb, file);
      const body = new FormData();
      body.append("file", file, file.name);
      body.append("path", words.name);
      if (id) body.append("replaces", id);
      request = new XMLHttpRequest();
      request.open("POST", words.files);
      request.setRequestHeader("X-CSRFToken", token(box.closest("form")));
      request.setRequestHeader("Accept", "application/json");
      request.upload.onprogress = (e) => { if (e.lengthComputable) bar.value = (100 * e.loaded) / e.total; };
      request.onerror = () => fail(words.failed);
      request.onloadend = over;
      request.onload = () => {
        let answer = {};
        try { answer = JSON.parse(request.responseText); } catch { /* not ours */ }
        if (request.status === 401) document.dispatchEvent(new Event("session-over"));
        if (request.status >= 300 || !answer.id) return fail(Object.values(answer.errors || {}).flat()[0] || answer.detail || words.failed);
        id = hidden.value = answer.id;
        item.append(hidden);
        delete item.dataset.sendingNow;
        bar.hidden = true; note.textContent = words.done; out.textContent = `${original.name} ${words.done}`;
        changed();
      };
      request.send(body);
    }
    list.append(item);
    list.hidden = false;
    start();
  }
  const changed = () => box.dispatchEvent(new Event("change", { bubbles: true }));
  const forget = (id) => { if (words.removeUrl) { const body = new FormData(); body.append("_remove", `${words.name}=${id}`); send(words.removeUrl, { method: "POST", body }); } };
  const problem = (text) => { out.className = "problem"; out.textContent = text; };
  const take = (e) => {
    out.className = "vh";
    for (const file of e.target.files) {
      if (/\.hei[cf]$/i.test(file.name) || /hei[cf]/.test(file.type)) problem(words.heic);
      else if (list.children.length >= +words.max && +words.max > 1) problem(words.many);
      else if (!words.accept.split(",").some((end) => file.name.toLowerCase().endsWith(end)) && !(file.type === "image/jpeg" && words.accept.includes(".jpg"))) problem(words.type);
      else { if (+words.max === 1) list.replaceChildren(); row(file); }
    }
    e.target.value = "";
    e.stopPropagation();
  };
  on(input, "change", take);
  $("input", camera).addEventListener("change", take);
  on(list, "click", (e) => {
    const button = e.target.closest("button[name=_remove]");
    if (!button) return;
    e.preventDefault();
    forget(button.value.split("=")[1]);
    button.closest("li").remove();
    list.hidden = !list.children.length;
    input.focus();
    changed();
  });
}

// --- Captcha, jump, dialogs, pictures, keys ------------------------------------------------------------------------
const STALE = 270000; // a captcha lives five minutes
function captcha(box) {
  if (!box.dataset.newUrl) return;
  const input = $("input.input", box);
  let kind = $("audio", box) ? "audio" : "image", shown = Date.now();
  async function renew() {
    const answer = await send(`${box.dataset.newUrl}?kind=${kind}`, { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    const fresh = await answer.json();
    shown = Date.now();
    $("[data-captcha-id]", box).value = fresh.id;
    const hint = $(".hint", box), audio = fresh.kind === "audio";
    const show = audio ? make("audio", { controls: true, src: fresh.url, autoplay: true }) : make("img", { src: fresh.url, width: 160, height: 60, alt: hint.dataset.image });
    if (audio) show.setAttribute("aria-label", hint.dataset.audio);
    hint.textContent = audio ? hint.dataset.audio : hint.dataset.image;
    $("[data-captcha-show]", box).replaceChildren(show);
    input.value = "";
    input.focus();
  }
  $$("[data-captcha-new]", box).forEach((button) => on(button, "click", (e) => { e.preventDefault(); kind = button.dataset.captchaNew; renew(); }));
  on(input, "focus", () => { if (Date.now() - shown > STALE && !input.value) renew(); });
}

function jump(box) {
  let left = +box.dataset.seconds;
  const count = $("[data-jump-count]", box), stop = $("[data-jump-stop]", box), tell = $("[data-jump-say]", box);
  const show = () => { count.textContent = count.dataset.text.replace("{n}", left); };
  show();
  count.hidden = stop.hidden = false;
  setTimeout(() => { tell.textContent = tell.dataset.text; }, 100);
  const timer = setInterval(() => { left -= 1; if (left <= 0) { clearInterval(timer); location.assign(box.dataset.jump); } else show(); }, 1000);
  on(stop, "click", () => { clearInterval(timer); count.hidden = stop.hidden = true; tell.textContent = tell.dataset.stopped; tell.classList.remove("vh"); $("a", box).focus(); });
}

on(document, "click", (e) => {
  const opener = e.target.closest("[data-open]");
  const box = opener && document.getElementById(opener.dataset.open);
  if (box?.showModal) { e.preventDefault(); box.showModal(); }
});

function viewer(box) {
  const picture = $("img", box);
  let zoom = 1, turns = 0;
  const show = () => { picture.style.width = `${zoom * 100}%`; picture.style.rotate = `${turns * 90}deg`; };
  $$("[data-scripted]", box).forEach((el) => { el.hidden = false; });
  on(box, "click", (e) => {
    const act = e.target.closest("[data-zoom]")?.dataset.zoom;
    if (!act) return;
    if (act === "in") zoom = Math.min(6, zoom * 1.5);
    if (act === "out") zoom = Math.max(0.5, zoom / 1.5);
    if (act === "turn") turns = (turns + 1) % 4;
    if (act === "fit") zoom = 1;
    show();
  });
}

on(document, "keydown", (e) => {
  if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing || e.repeat) return;
  if (e.target.closest("input:not([type=radio]):not([type=checkbox]), textarea, select, dialog[open], [contenteditable]")) return;
  const target = e.key === "?" ? document.getElementById("key-help") : $(`[data-key="${CSS.escape(e.key)}"]`);
  if (!target) return;
  e.preventDefault();
  if (target.tagName === "DIALOG") target.showModal();
  else if (target.matches("input:not([type=radio]), textarea, select")) target.focus();
  else { target.focus(); target.click(); }
});

// --- Session: a warning five minutes before the end, log-in in place ------------------------------------------------
function session(box) {
  const idle = +box.dataset.idle * 1000, ahead = +box.dataset.warn * 1000, key = "used-at";
  const used = () => { try { localStorage.setItem(key, Date.now()); } catch { /* private mode */ } };
  const last = () => { try { return +localStorage.getItem(key) || Date.now(); } catch { return loaded; } };
  const loaded = Date.now(), warn = $("[data-session-warn]", box), over = $("[data-session-over]", box), place = $("[data-session-form]", box);
  const head = $("h2", box), soon = head.textContent;
  used();
  const open = () => { if (!box.open) box.showModal(); };
  async function end() {
    if (!over.hidden) return;
    warn.hidden = true; over.hidden = false;
    head.textContent = head.dataset.over;
    open();
    if (!box.dataset.login) return;
    try { const answer = await send(box.dataset.login, { headers: { Accept: "text/html" } }); place.innerHTML = await answer.text(); begin(place); $("input:not([type=hidden])", place)?.focus(); } catch { place.textContent = place.dataset.failed; }
  }
  function renewed() { head.textContent = soon; warn.hidden = false; over.hidden = true; place.replaceChildren(); used(); box.close(); }
  $("[data-session-stay]", box).addEventListener("click", async () => { const answer = await send(box.dataset.touch, { method: "POST" }).catch(() => null); if (answer?.ok) renewed(); else end(); });
  on(place, "submit", async (e) => {
    e.preventDefault();
    const data = new FormData(e.target);
    if (e.submitter?.name) data.append(e.submitter.name, e.submitter.value);
    const answer = await send(e.target.action, { method: "POST", body: data, headers: { Accept: "text/html" } }).catch(() => null);
    if (!answer) { place.append(place.dataset.failed); return; }
    if (answer.ok) { const fresh = answer.headers.get("X-CSRFToken"); if (fresh) $$("input[name=csrfmiddlewaretoken]").forEach((el) => { el.value = fresh; }); renewed(); return; }
    place.innerHTML = await answer.text();
    begin(place);
  });
  async function elsewhere() { // logged in by another way in another window
    if (over.hidden) return;
    const answer = await send(box.dataset.ping, { headers: { Accept: "application/json" } }).catch(() => null);
    if (answer?.ok && (await answer.json()).seconds_left > 0) renewed();
  }
  on(window, "focus", elsewhere);
  on(box, "cancel", (e) => e.preventDefault());
  document.addEventListener("submit", (e) => { if (Date.now() - last() >= idle && !box.contains(e.target)) { e.preventDefault(); e.stopPropagation(); end(); } }, true);
  on(document, "session-used", used);
  on(document, "session-over", end);
  setInterval(() => {
    const gone = Date.now() - last();
    if (gone >= idle) end();
    else if (gone >= idle - ahead) open();
    else if (box.open && over.hidden) box.close();
  }, 5000);
}

function begin(root) {
  const each = (selector, start) => $$(selector, root).forEach((el) => { const key = `${start.name}Ready`; if (!el.dataset[key]) { el.dataset[key] = "1"; start(el); } });
  each("form[method=post]:not([data-login-here])", guard);
  each("form[data-autosave]", autosave);
  each("[data-clear]", clearable);
  each("textarea[data-count]", counter);
  each("[data-password]", password);
  each("[data-period]", period);
  each("[data-units]", units);
  each("[data-divisions]", divisions);
  each("[data-files]", files);
  each("[data-captcha]", captcha);
  each("[data-jump]", jump);
  each("[data-viewer]", viewer);
  each("#session-warning", session);
  summary(root);
}
on(document, "htmx:load", (e) => e.target !== document.body && begin(e.target));
begin(document);
