// A small widget: the browser's own controls ask, a picture made in Python answers.
function render({ model, el }) {
  const root = document.createElement("div");
  root.className = "mg";
  root.style.fontSize = "18px";
  root.dataset.lmSuppressShortcuts = "true"; // JupyterLab leaves our keys to us
  root.innerHTML = model.get("controls") + '<div></div><p aria-live="polite" style="white-space: pre-line"></p>';
  el.append(root);
  const [picture, words] = [...root.children].slice(-2);
  const inputs = [...root.querySelectorAll("input")];
  const named = (name) => inputs.find((input) => input.name === name);

  function show() {
    picture.innerHTML = model.get("picture");
    words.textContent = model.get("words");
    for (const input of inputs) {
      const value = (input.checked = model.get("values")[input.name]);
      if (input.type !== "range") continue;
      if (!input.matches(":active")) input.value = value;
      input.nextElementSibling.value = input.value.replace("-", "\u2212");
    }
  }
  function ask() {
    const value = (input) => (input.type === "range" ? +input.value : input.checked);
    const own = Object.fromEntries(inputs.map((input) => [input.name, value(input)]));
    model.set("values", { ...model.get("values"), ...own });
    model.save_changes();
  }
  function move(input, by) {
    input.value = +input.value + by * input.step;
    ask();
  }

  root.addEventListener("input", ask);
  root.addEventListener("click", ({ target }) => {
    const { by, of, large } = target.dataset;
    if (by) move(named(of), +by);
    if (large) document.fullscreenElement ? document.exitFullscreen() : root.requestFullscreen();
  });
  root.addEventListener("keydown", (event) => {
    event.stopPropagation();
    const by = { PageUp: -1, PageDown: 1 }[event.key]; // a presenter's remote control
    if (!by || !inputs[0]) return;
    move(event.target.type === "range" ? event.target : inputs[0], by);
    event.preventDefault();
  });
  // A number in the picture is dragged up and down.
  picture.addEventListener("pointerdown", (event) => {
    const input = named(event.target.dataset.drag);
    if (!input) return;
    event.preventDefault();
    picture.setPointerCapture(event.pointerId);
    let y = event.clientY;
    picture.onpointermove = (now) => {
      const by = Math.trunc((y - now.clientY) / 12);
      if (by) move(input, by);
      y -= 12 * by;
    };
    picture.onpointerup = () => (picture.onpointermove = null);
  });
  model.on("change", show);
  show();
}
export default { render };
