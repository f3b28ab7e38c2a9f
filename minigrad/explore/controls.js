// The front end of the small widgets: the browser's own controls ask, a picture answers.
function render({ model, el }) {
  el.classList.add("mg-small");
  el.innerHTML = model.get("controls") + '<div></div><p aria-live="polite"></p>';
  const [picture, words] = [...el.children].slice(-2);
  const inputs = [...el.querySelectorAll("input")];
  const is = (i) => i.type === "checkbox";

  const label = (i) => {
    if (is(i)) return;
    i.nextElementSibling.textContent = i.value.replace("-", "\u2212");
    for (const b of el.querySelectorAll(`[data-for="${i.name}"]`))
      b.setAttribute("aria-disabled", +i.value === +(b.dataset.by < 0 ? i.min : i.max));
  };
  const ask = () => {
    inputs.forEach(label);
    model.set("values", Object.fromEntries(inputs.map((i) => [i.name, is(i) ? i.checked : +i.value])));
    model.save_changes();
  };
  const move = (input, by) => {
    input.value = +input.value + by * input.step;
    ask();
  };
  const draw = () => {
    picture.innerHTML = model.get("picture");
    words.textContent = model.get("words");
  };
  const follow = () => {
    const values = model.get("values");
    for (const i of inputs) {
      if (is(i)) i.checked = values[i.name];
      else if (!i.matches(":active")) i.value = values[i.name];
      label(i);
    }
  };

  el.addEventListener("input", ask);
  el.addEventListener("click", (e) => {
    const b = e.target.closest("[data-for]");
    if (b) move(inputs.find((i) => i.name === b.dataset.for), +b.dataset.by);
  });
  // Keys of a presenter's remote control step; no key of ours reaches the notebook or the slides.
  el.addEventListener("keydown", (e) => {
    const by = { PageUp: -1, PageDown: 1 }[e.key];
    const range = e.target.type === "range" ? e.target : inputs.find((i) => !is(i));
    if (by && range) {
      move(range, by);
      e.preventDefault();
    }
    if (by || /Arrow|Home|End|^ $|Enter/.test(e.key)) e.stopPropagation();
  });
  // A number in the picture can be dragged up and down.
  picture.addEventListener("pointerdown", (e) => {
    const name = e.target.dataset?.drag;
    const input = name && inputs.find((i) => i.name === name);
    if (!input) return;
    const [y, start] = [e.clientY, +input.value];
    const drag = (m) => move(input, Math.round((y - m.clientY) / 12) - (input.value - start) / input.step);
    picture.setPointerCapture(e.pointerId);
    picture.addEventListener("pointermove", drag);
    picture.addEventListener("pointerup", () => picture.removeEventListener("pointermove", drag), { once: true });
    e.preventDefault();
  });
  model.on("change:picture", draw);
  model.on("change:words", draw);
  model.on("change:values", follow);
  draw();
  follow();
  return () => ["picture", "words", "values"].forEach((name) => model.off(`change:${name}`));
}
export default { render };
