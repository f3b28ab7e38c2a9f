// Slides: the arrows, Page Up, Page Down and Space turn them; a player that has the focus keeps its keys.
const slides = [...document.querySelectorAll("section.slide")];
const bar = document.createElement("nav");
bar.className = "turn";
bar.innerHTML =
  '<button aria-label="Back">\u2039</button><span aria-live="polite"></span><button aria-label="Next">\u203a</button>';
document.body.append(bar);
const [back, count, next] = bar.children;
let at = 0;

function show(number, whole) {
  at = Math.max(0, Math.min(number, slides.length - 1));
  slides.forEach((slide, i) => slide.classList.toggle("now", i === at));
  for (const part of slides[at].querySelectorAll(".fragment")) part.classList.toggle("shown", whole);
  count.textContent = `${at + 1} / ${slides.length}`;
  history.replaceState(null, "", `#${at + 1}`);
  scrollTo(0, 0);
}
function turn(by) {
  const parts = [...slides[at].querySelectorAll(".fragment")];
  const shown = parts.filter((part) => part.classList.contains("shown"));
  if (by > 0 && shown.length < parts.length) parts[shown.length].classList.add("shown");
  else if (by < 0 && shown.length) shown.at(-1).classList.remove("shown");
  else if (slides[at + by]) show(at + by, by < 0);
}

back.onclick = () => turn(-1);
next.onclick = () => turn(1);
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input, textarea, button")) return;
  const by = { ArrowRight: 1, PageDown: 1, " ": 1, ArrowLeft: -1, PageUp: -1 }[event.key];
  if (by) turn(by);
  else if (event.key === "Home") show(0);
  else if (event.key === "End") show(slides.length - 1);
  else return;
  event.preventDefault();
});
addEventListener("hashchange", () => show(Number(location.hash.slice(1)) - 1));
show(Number(location.hash.slice(1) || 1) - 1);
