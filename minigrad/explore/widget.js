// Plays what Python has made. A film keeps its picture: a step touches only what changes.

// How far a key steps.
const KEYS = { ArrowRight: 1, ArrowDown: 1, PageDown: 1, End: 1e9, ArrowLeft: -1, ArrowUp: -1, PageUp: -1, Home: -1e9 };

function render({ model, el }) {
  el.innerHTML = model.get("html");
  const root = el.firstElementChild;
  const part = (selector) => root.querySelector(selector);
  const inputs = [...root.querySelectorAll(".bar input")];
  const slider = inputs.find((input) => input.type === "range");
  const [body, pic, side, ask, words, math, box] =
    [".body", ".pic", ".side", ".ask", ".words", ".side > .math", ".box"].map(part);

  const get = (name) => model.get(name);
  const full = () => root.getRootNode().fullscreenElement;
  function put(name, value) {
    model.set(name, value);
    model.save_changes();
  }

  function show() {
    if (get("last")) slider.max = get("last");
    for (const input of inputs) {
      input.checked = input.value = get(input.name);
      const number = input.nextElementSibling;
      if (number) number.value = input.value + (input.matches(".film") ? ` of ${input.max}` : "");
    }
    const large = root.classList.toggle("projector", get("projector"));
    if (large && !full()) root.requestFullscreen?.().catch(() => {});
    if (!large && full() === root) document.exitFullscreen();
    if (get("_scene")) return play();
    pic.innerHTML = get("picture");
    words.textContent = get("words");
    fit();
  }

  // All is seen, or where nobody could read it then, it is scrolled.
  function fit() {
    const drawn = pic.firstElementChild;
    const { width, height } = drawn.viewBox.baseVal;
    drawn.style = "";
    const [least, most] = get("projector") ? [1, ask ? 1.34 : 3] : [2 / 3, 1];
    pic.style = `--w: ${width * most + 15}px`;
    const all = parseFloat(getComputedStyle(pic).maxHeight) || body.clientHeight;
    const [wide, high] = [pic.clientWidth / width, (all - !ask * (side.offsetHeight + 14)) / height];
    const scale = high < least ? wide : Math.min(wide, high);
    drawn.style = `height: auto; width: ${width * Math.max(scale, least)}px`;
    if (svg) aim();
  }

  function take({ name, type, checked, valueAsNumber }) {
    if (name === "step" && scene) go(valueAsNumber);
    else put(name, type === "range" ? valueAsNumber : checked);
  }
  function move(input, by) {
    input.value = +input.value + by * input.step;
    take(input);
  }

  // JupyterLab leaves its keys to us.
  root.addEventListener("focusin", ({ target }) => (target.dataset.lmSuppressShortcuts = true));
  root.oninput = ({ target }) => inputs.includes(target) && take(target);
  root.onclick = ({ target }) => {
    if (target.dataset.by) move(slider, +target.dataset.by);
    choose(target.closest(".node"));
  };
  root.onkeydown = (event) => {
    const { key, target } = event;
    event.stopPropagation();
    const own = target.matches("[type=text], [type=range]:not(.film)") && !key.startsWith("Page");
    if (target.matches(".node") && /^(Enter| )$/.test(key)) choose(target);
    else if (key === "Escape" && scene) put("opened", scene.up);
    else if (KEYS[key] && slider && !own) move(target.type === "range" ? target : slider, KEYS[key]);
    else return;
    event.preventDefault();
  };
  root.onfullscreenchange = () => full() || put("projector", false);
  // A number in the picture is dragged up and down.
  pic.onpointerdown = (event) => {
    const input = inputs.find((one) => one.name === event.target.dataset.drag);
    if (!input) return;
    event.preventDefault();
    pic.setPointerCapture(event.pointerId);
    const value = +input.value;
    pic.onpointermove = ({ clientY }) => {
      input.value = value + ((event.clientY - clientY) / 12) * input.step;
      take(input);
    };
    pic.onlostpointercapture = () => (pic.onpointermove = null);
  };

  let scene, svg, chosen;
  let at; // the moment
  let lit = [];
  let known; // asked for

  const moment = (i) => scene.moments[i - scene.first];
  const find = (name) => svg.querySelector("#" + scene.prefix + name);

  function apply({ set, done }, forward) {
    for (const [name, ...texts] of set) find(name)?.replaceChildren(texts[+forward]);
    for (const name of done) find(name)?.classList.toggle("done", forward);
  }

  function light({ on, label }) {
    for (const one of lit) one.classList.remove("on");
    lit = on.map(find).filter(Boolean);
    for (const one of lit) one.classList.add("on");
    const flow = svg.querySelector(".flow");
    flow.textContent = label ? "↑ " + label[1] : "";
    if (label) flow.setAttribute("transform", `translate(${find(label[0]).dataset.at})`);
    aim();
  }

  // Before the pass the output is looked at.
  function aim() {
    const target = lit[1] ?? lit[0] ?? (at ? null : [...svg.querySelectorAll(".node")].pop());
    if (!target) return;
    const [a, b] = [target, pic].map((one) => one.getBoundingClientRect());
    const z = pic.offsetWidth / b.width / 2; // a slide is scaled
    pic.scrollBy((a.left + a.right - b.left - b.right) * z, (a.top + a.bottom - b.top - b.bottom) * z);
  }

  function play() {
    if (scene !== get("_scene")) {
      scene = get("_scene");
      if (pic.matches(":focus-within")) root.focus();
      pic.innerHTML = scene.svg;
      svg = pic.firstElementChild;
      part(".note").textContent = scene.note;
      at = scene.first - 1;
      lit = [];
      fit();
    }
    if (!get("predict")) known = 0;
    const step = get("step");
    if (!moment(step)) return; // Python is about to send its scene
    while (at < step) apply(moment(++at), true);
    while (at > step) apply(moment(at--), false);
    ask.hidden = true;
    const now = moment(step);
    light(now);
    words.textContent = now.words;
    part(".why").textContent = now.why;
    math.innerHTML = now.math.join("");
    const about = scene.boxes[chosen] ?? scene.boxes[now.box];
    const grads = {};
    for (const [when, kind, html] of about?.grads ?? []) if (when <= at) grads[kind] = html;
    box.innerHTML = about ? about.html + Object.values(grads).join("") : "";
  }

  function choose(node) {
    if (!node) return;
    const id = node.id.split("-").pop();
    const { opens, jump } = scene.boxes[id];
    if (opens != null) return put("opened", opens);
    if (jump && !get("predict")) put("step", jump);
    chosen = id;
    show();
  }

  function go(to) {
    const next = get("step") + 1;
    chosen = null;
    if (get("predict") && to >= next) {
      const question = (moment(next) ?? scene.ahead)?.ask;
      if (question && next > known) return put_question(question, next);
      to = next;
    }
    put("step", to);
  }

  function put_question({ html, answer }, next) {
    show();
    ask.innerHTML = html;
    ask.hidden = false;
    const { guess, verdict } = ask;
    guess.focus();
    ask.onreset = () => {
      known = next;
      root.focus();
      go(next);
    };
    ask.onsubmit = (event) => {
      event.preventDefault();
      const place = wrong(guess.value, answer);
      if (place < 0) verdict.value = `Numbers wanted: ${answer.length}, like 0.5 or 1/3.`;
      else if (place) verdict.value = `Not yet: look at number ${place}.`;
      else ask.reset(), words.prepend("Right! ");
    };
  }

  model.on("change", show);
  show();
  new ResizeObserver(fit).observe(root);
}

// The place of the first number of "4/3, [2 -0.5]" outside its range, from 1; 0: none, -1: too few.
function wrong(text, answer) {
  const parts = text.replaceAll("−", "-").match(/[^\s,;()[\]]+/g) ?? [];
  if (parts.length !== 1 && parts.length !== answer.length) return -1;
  return 1 + answer.findIndex(([low, high], i) => {
    const [top, bottom = 1] = (parts[i] ?? parts[0]).split("/");
    return !(low <= top / bottom && top / bottom <= high);
  });
}

export default { render };
