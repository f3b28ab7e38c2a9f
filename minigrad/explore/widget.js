// Plays the film of a backward pass. Python has computed all of it; a step touches only what changes.

const STEPS = { ArrowRight: 1, ArrowDown: 1, PageDown: 1, ArrowLeft: -1, ArrowUp: -1, PageUp: -1 };
const NEAR = 0.02; // how far a guess may be off, as a share of the number
const PAGE = `
  <div class="bar">
    <button data-go="first">First</button><button data-go="back">Back</button>
    <button data-go="next">Next</button><button data-go="last">Last</button>
    <input type="range" min="0" aria-label="Moment of the pass"><span class="count"></span>
    <button data-mode="predict" title="Ask me before a value is shown">Predict</button>
    <button data-mode="projector" title="Large text, full screen">Projector</button>
  </div>
  <div class="body">
    <div class="pic" tabindex="0" role="group" aria-label="Graph"></div>
    <div class="side" tabindex="0" role="group" aria-label="Details">
      <form class="ask" hidden></form>
      <p class="words" aria-live="polite"></p><p class="why"></p>
      <div class="math"></div><div class="box"></div><p class="note"></p>
    </div>
  </div>`;
const QUESTION = `
  <p></p><input type="text" autocomplete="off"><button>Check</button>
  <button type="button" data-ask="hint">Hint</button>
  <button type="button" data-ask="show">Show it</button><p role="status"></p><div class="math"></div>`;

// Reads "4/3, [2 -0.5]" as three numbers.
function numbers(text) {
  const parts = text.replace(/[[\]();,]/g, " ").replace(/\u2212/g, "-").trim().split(/\s+/);
  return parts.map((part) => {
    const [top, bottom = "1"] = part.split("/");
    return top ? Number(top.replace("inf", "Infinity")) / Number(bottom) : NaN;
  });
}

// The place of the first wrong number, from 1; 0 if all are right, -1 if there are not as many.
function wrong(guess, answer) {
  if (guess.length === 1 && new Set(answer).size === 1) guess = answer.map(() => guess[0]);
  if (guess.length !== answer.length) return -1;
  const least = 0.001 * Math.max(...answer.map(Math.abs).filter(isFinite), 0);
  const fits = (a, b) => Object.is(a, b) || Math.abs(a - b) <= Math.max(NEAR * Math.abs(b), least);
  return guess.findIndex((a, i) => !fits(a, answer[i])) + 1;
}

function render({ model, el }) {
  const root = document.createElement("div");
  root.className = "mg";
  root.tabIndex = 0;
  root.role = "group";
  root.ariaLabel = "Backward pass";
  root.dataset.lmSuppressShortcuts = "true"; // JupyterLab leaves our keys to us
  root.innerHTML = PAGE;
  el.append(root);
  const part = (selector) => root.querySelector(selector);
  const [pic, slider, ask, words, math, box] =
    [".pic", ".bar input", ".ask", ".words", ".side > .math", ".box"].map(part);

  let scene, svg, flow, chosen;
  let at; // what the picture shows
  let lit = [];
  const known = new Set(); // moments not to be asked for again

  const step = () => model.get("step");
  const last = () => model.get("last");
  const moment = (i) => scene.moments[i - scene.first];
  const find = (name) => svg.querySelector("#" + scene.prefix + name);

  function put(name, value) {
    model.set(name, value);
    model.save_changes();
  }

  function go(to) {
    to = Math.max(0, Math.min(to, last()));
    const next = step() + 1;
    if (model.get("predict") && to >= next) {
      const question = (moment(next) ?? scene.ahead)?.ask;
      if (question && !known.has(next)) return put_question(question, next);
      to = next;
    }
    chosen = null;
    if (to === step()) show();
    else put("step", to);
  }

  // --- the picture ---

  function load() {
    scene = model.get("_scene");
    pic.innerHTML = scene.svg;
    svg = pic.firstElementChild;
    flow = svg.querySelector(".flow");
    part(".note").textContent = scene.note;
    at = scene.first - 1;
    lit = [];
  }

  function apply({ set, done }, forward) {
    for (const [name, before, after] of set) {
      const text = find(name);
      if (text) text.textContent = forward ? after : before;
    }
    for (const name of done) find(name)?.classList.toggle("done", forward);
  }

  function light({ on, label }) {
    for (const one of lit) one.classList.remove("on");
    lit = on.map(find).filter(Boolean);
    for (const one of lit) one.classList.add("on");
    const edge = label && find(label[0]);
    flow.setAttribute("display", edge ? "inline" : "none");
    if (edge) {
      const [rect, text] = flow.children;
      text.textContent = `\u2191 ${label[1]}`;
      const width = text.getComputedTextLength() + 26;
      rect.setAttribute("width", width);
      rect.setAttribute("x", -width / 2);
      flow.setAttribute("transform", `translate(${edge.dataset.at})`);
    }
    if (!lit.length) return;
    const [a, b, c] = [lit[0], lit.at(-1), pic].map((one) => one.getBoundingClientRect());
    const off = (low, high) => (a[low] + a[high] + b[low] + b[high]) / 4 - (c[low] + c[high]) / 2;
    pic.scrollBy(off("left", "right"), off("top", "bottom"));
  }

  function show() {
    if (scene !== model.get("_scene")) load();
    const to = step();
    slider.max = last();
    slider.value = to;
    part(".count").textContent = `${to} of ${last()}`;
    if (!moment(to)) return; // Python is about to send the scene that holds it
    while (at < to) apply(moment(++at), true);
    while (at > to) apply(moment(at--), false);
    ask.hidden = true;
    const now = moment(to);
    light(now);
    words.textContent = now.words;
    part(".why").textContent = now.why;
    math.innerHTML = now.math.map((formula) => `<div>${formula}</div>`).join("");
    const about = scene.boxes[chosen ?? now.box];
    const grads = {};
    for (const [when, kind, html] of about?.grads ?? []) if (when <= at) grads[kind] = html;
    box.innerHTML = about ? about.html + Object.values(grads).join("") : "";
  }

  function choose(node) {
    const id = node.id.split("-").pop();
    const whole = scene.boxes[id].grads.filter(([, kind]) => kind === "grad").pop();
    if (whole && !model.get("predict") && whole[0] !== step()) put("step", whole[0]);
    chosen = id;
    show();
  }

  // --- predict ---

  function put_question({ asks, answer, hint }, next) {
    ask.innerHTML = QUESTION;
    const [about, input, , , , verdict, clue] = ask.children;
    about.textContent = input.ariaLabel = asks;
    ask.hidden = false;
    slider.value = step();
    input.focus();
    const reveal = () => {
      known.add(next);
      root.focus();
      go(next);
    };
    ask.onclick = ({ target }) => {
      if (target.dataset.ask === "hint") clue.innerHTML = hint;
      if (target.dataset.ask === "show") reveal();
    };
    ask.onsubmit = (event) => {
      event.preventDefault();
      const place = wrong(numbers(input.value), answer.map(Number));
      if (place === 0) {
        reveal();
        words.textContent = `Right! ${words.textContent}`;
      } else if (place < 0) verdict.textContent = `Numbers wanted: ${answer.length}, like 0.5 or 1/3.`;
      else verdict.textContent = answer.length > 1 ? `Not yet: look at number ${place}.` : "Not yet.";
    };
  }

  // --- what the reader does ---

  root.addEventListener("keydown", (event) => {
    const { key, target } = event;
    event.stopPropagation();
    if (target.type === "text" && !key.startsWith("Page")) return;
    const node = target.closest(".node");
    if (node && (key === "Enter" || key === " ")) choose(node);
    else if (STEPS[key]) go(step() + STEPS[key]);
    else if (key === "Home") go(0);
    else if (key === "End") go(last());
    else return;
    event.preventDefault();
  });
  root.addEventListener("click", ({ target }) => {
    const node = target.closest(".node");
    const { go: where, mode } = target.dataset;
    if (node) choose(node);
    if (where) go({ first: 0, back: step() - 1, next: step() + 1, last: last() }[where]);
    if (mode) put(mode, !model.get(mode));
  });
  slider.addEventListener("input", () => go(Number(slider.value)));
  const full = () => root.getRootNode().fullscreenElement;
  root.addEventListener("fullscreenchange", () => {
    if (!full() && model.get("projector")) put("projector", false);
  });

  function modes() {
    for (const name of ["predict", "projector"]) part(`[data-mode=${name}]`).ariaPressed = model.get(name);
    const large = model.get("projector");
    root.classList.toggle("projector", large);
    if (large && !full()) root.requestFullscreen?.().catch(() => {});
    if (!large && full() === root) document.exitFullscreen();
    show();
  }
  model.on("change:step", show);
  model.on("change:_scene", show);
  model.on("change:predict", () => modes(known.clear()));
  model.on("change:projector", modes);
  modes();
}

export default { render };
