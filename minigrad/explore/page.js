// A page without a kernel: each player gets a model that answers from stored data.

function modelOf(told) {
  const state = answer({ step: 0, predict: false, projector: false, ...told });
  const listeners = [];
  let changed = new Set();
  return {
    get: (name) => state[name],
    set(name, value) {
      state[name] = value;
      changed.add(name);
    },
    save_changes() {
      answer(state);
      const now = changed;
      changed = new Set();
      for (const [name, tell] of listeners)
        if (name === "change" || name === "change:_scene" || now.has(name.slice(7))) tell();
    },
    on: (name, tell) => listeners.push([name, tell]),
    off() {},
  };
}

// What Python would have answered: the scene that holds a moment, or the frame for the values.
function answer(state) {
  const { scenes, frames, values, step } = state;
  if (scenes) state._scene = scenes.findLast((scene) => scene.first <= step) ?? scenes[0];
  if (frames) [state.picture, state.words] = frames[JSON.stringify(Object.values(values))];
  return state;
}

for (const place of document.querySelectorAll("[data-player]")) {
  const root = place.attachShadow({ mode: "open" }); // the page's own CSS does not reach in here
  const el = document.createElement("div");
  root.innerHTML = `<style>${STYLE}</style>`;
  root.append(el);
  const told = JSON.parse(place.querySelector("script").textContent);
  PLAYERS[place.dataset.player].render({ model: modelOf(told), el });
}
