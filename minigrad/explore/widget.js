// Plays a widget. Python has made its controls, its pictures and its words; here they follow the
// reader. Most pictures come whole; a film keeps its picture, and a step touches only what changes.

// How far a key steps. A presenter's remote control sends Page Up and Page Down.
const KEYS = {
  ArrowRight: 1, ArrowDown: 1, PageDown: 1, End: 1e9,
  ArrowLeft: -1, ArrowUp: -1, PageUp: -1, Home: -1e9,
};

function render({ model, el }) {
  el.innerHTML = model.get("html");
  const root = el.firstElementChild;
  const part = (selector) => root.querySelector(selector);
  const inputs = [...root.querySelectorAll(".bar input")];
  const slider = inputs.find((input) => input.type === "range");
  const [pic, ask, words, math, box] = [".pic", ".ask", ".words", ".side > .math", ".box"].map(part);

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
    const large = get("projector");
    root.classList.toggle("projector", large);
    if (large && !full()) root.requestFullscreen?.().catch(() => {});
    if (!large && full() === root) document.exitFullscreen();
    if (get("_scene")) return play();
    pic.innerHTML = get("picture");
    words.textContent = get("words");
  }

  // --- what the reader does ---

  function take({ name, type, checked, valueAsNumber }) {
    if (name === "step" && scene) go(valueAsNumber);
    else put(name, type === "range" ? valueAsNumber : checked);
  }
  function move(input, by) {
    input.value = +input.value + by * input.step; // the browser keeps it between its ends
    take(input);
  }

  // JupyterLab leaves the keys of such an element to us.
  root.addEventListener("focusin", ({ target }) => (target.dataset.lmSuppressShortcuts = true));
  root.oninput = ({ target }) => inputs.includes(target) && take(target);
  root.onclick = ({ target }) => {
    if (target.dataset.by) move(slider, +target.dataset.by);
    if (target.closest(".node")) choose(target.closest(".node"));
  };
  root.onkeydown = (event) => {
    const { key, target } = event;
    event.stopPropagation(); // from the notebook or the slide around us
    const own = target.matches("[type=text], [type=range]:not(.film)") && !key.startsWith("Page");
    if (target.matches(".node") && (key === "Enter" || key === " ")) choose(target);
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
      input.value = value + Math.round((event.clientY - clientY) / 12) * input.step;
      take(input);
    };
    pic.onlostpointercapture = () => (pic.onpointermove = null);
  };

  // --- a film ---

  let scene, svg, chosen;
  let at; // the moment that the picture shows
  let lit = []; // marked
  let known; // up to here nothing is asked again

  const moment = (i) => scene.moments[i - scene.first];
  const find = (name) => svg.querySelector("#" + scene.prefix + name);

  function apply({ set, done }, forward) {
    for (const [name, ...texts] of set) {
      const text = find(name);
      if (text) text.textContent = texts[+forward];
    }
    for (const name of done) find(name)?.classList.toggle("done", forward);
  }

  function light({ on, label }) {
    for (const one of lit) one.classList.remove("on");
    lit = on.map(find).filter(Boolean);
    for (const one of lit) one.classList.add("on");
    const flow = svg.querySelector(".flow");
    const edge = label && find(label[0]);
    const told = (flow.lastChild.textContent = edge ? `\u2191 ${label[1]}` : "");
    flow.style = `--letters: ${told.length}`;
    if (edge) flow.setAttribute("transform", `translate(${edge.dataset.at})`);
    if (!lit.length) return;
    const [a, b] = [lit[1] ?? lit[0], pic].map((one) => one.getBoundingClientRect());
    pic.scrollBy((a.left + a.right - b.left - b.right) / 2, (a.top + a.bottom - b.top - b.bottom) / 2);
  }

  function play() {
    if (scene !== get("_scene")) {
      scene = get("_scene");
      if (pic.matches(":focus-within")) root.focus();
      pic.innerHTML = scene.svg;
      svg = pic.firstElementChild;
      part(".note").textContent = scene.note;
      at = scene.first - 1;
    }
    if (!get("predict")) known = 0;
    const step = get("step");
    if (!moment(step)) return; // Python is about to send the scene that holds it
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

  // --- predict: a value is asked for before it is shown ---

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
      const place = wrong(numbers(guess.value), answer);
      if (place < 0) verdict.value = `Numbers wanted: ${answer.length}, like 0.5 or 1/3.`;
      else if (place) verdict.value = `Not yet: look at number ${place}.`;
      else {
        ask.reset();
        words.prepend("Right! ");
      }
    };
  }

  model.on("change", show);
  show();
}

// Reads "4/3, [2 -0.5]" as three numbers.
function numbers(text) {
  const parts = text.replaceAll("\u2212", "-").match(/[^\s,;()[\]]+/g) ?? [];
  return parts.map((part) => {
    const [top, bottom = 1] = part.split("/");
    return top / bottom;
  });
}

// The place of the first number that is outside its range, from 1; 0 if none is, -1 if some are missing.
function wrong(guess, answer) {
  if (guess.length === 1) guess = answer.map(() => guess[0]); // one number may stand for equal ones
  if (guess.length !== answer.length) return -1;
  return answer.findIndex(([low, high], i) => !(low <= guess[i] && guess[i] <= high)) + 1;
}

export default { render };
