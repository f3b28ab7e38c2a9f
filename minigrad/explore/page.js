// Without a kernel each widget has a model that answers as Python would.
function modelOf(told) {
  const state = { step: 0, predict: false, projector: false, ...told };
  const { scenes, frames, parts, names } = state;
  let tell = () => {};
  const model = {
    get: (name) => state[name],
    set: (name, value) => (state[name] = value),
    on: (_, show) => (tell = show),
    save_changes() {
      if (frames) {
        const frame = frames[JSON.stringify(names.map((name) => state[name]))];
        [state.picture, state.words] = frame.map((some) => some.map((i) => parts[i]).join(""));
      } else state._scene = scenes.findLast((scene) => scene.first <= state.step);
      tell();
    },
  };
  model.save_changes();
  return model;
}

const sheet = new CSSStyleSheet();
sheet.replaceSync(STYLE);
for (const place of document.querySelectorAll("[data-player]")) {
  const el = place.attachShadow({ mode: "open" }); // out of reach of the page's CSS
  el.adoptedStyleSheets = [sheet];
  render({ model: modelOf(JSON.parse(place.querySelector("script").textContent)), el });
}
