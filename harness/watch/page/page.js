// The page's heart: it hears the state, keeps it, and has each part drawn anew when what it shows has changed.
import { Drawing } from "./draw.js";
import { drill, events, flows, refused, sessions, trouble, verdicts } from "./panels.js";

const SILENT_MS = 1500;
const STRIPS_MS = 250; // strips run on by themselves; what turns in them is drawn at once
const HEALTH = { good: "✓", bad: "✗", changing: "↻", down: "■" };

const byId = (id) => document.getElementById(id);
const setting = await (await fetch("setting.json")).json();
let language = localStorage.getItem("v6lab-language") ?? setting.language;
let state = null;
let heard = 0;
let strips = 0;

function say(name, ...filled) {
  let text = setting.words[language][name] ?? name;
  for (const each of filled) text = text.replace("{}", each);
  return text.trim();
}

// What a fault says of itself, in the page's language.
say.phrase = (text) =>
  Object.entries(setting.phrases[language]).reduce((said, [from, to]) => said.replaceAll(from, to), text);

say.cause = (state, cause) => {
  const drill = /^drill (\S+), begun/.exec(cause);
  return drill ? say("state.drill", drill[1]) : say(`state.${state}`, cause);
};

const drawing = new Drawing(byId("drawing"), say);

// RFC 7396, as harness/watch/patch.py has it
function merged(target, patch) {
  const found = { ...target };
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete found[name];
    else if (typeof value === "object" && !Array.isArray(value)) found[name] = merged(found[name] ?? {}, value);
    else found[name] = value;
  }
  return found;
}

function speak() {
  document.documentElement.lang = language;
  document.title = `v6lab · ${state?.lab.name ?? ""} · ${say("title")}`;
  for (const each of document.querySelectorAll("[data-say]")) each.textContent = say(each.dataset.say);
  for (const each of document.querySelectorAll("[data-label]")) each.setAttribute("aria-label", say(each.dataset.label));
  for (const each of document.querySelectorAll("[data-language]"))
    each.setAttribute("aria-pressed", String(each.dataset.language === language));
  drawing.label();
}

function header() {
  const { lab, health } = state;
  document.body.dataset.health = health;
  byId("health").querySelector(".sign").textContent = HEALTH[health];
  set(byId("health").querySelector(".word"), say(`health.${health}`));
  set(byId("lab"), lab.name);
  set(byId("engine"), lab.engine);
  const stage = setting.stages.find((each) => each.name === lab.stage);
  set(byId("stage"), lab.stage ? `${say("stage")} ${lab.stage}${stage ? `: ${stage[language]}` : ""}` : "");
  set(byId("state"), lab.state ? say.cause(lab.state, lab.cause) : "");
  byId("covered").hidden = lab.up;
  byId("network").classList.toggle("down", !lab.up);
}

function set(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

const PARTS = [
  [["lab", "health"], header],
  [["lab"], () => drawing.follow(state.lab, language)],
  [["nodes", "links"], () => drawing.paint(state.nodes, state.links)],
  [["nodes", "links", "flows", "sessions", "faults", "lab"], () => trouble(byId("trouble"), state, say)],
  [["sessions"], () => sessions(byId("sessions"), state.sessions, say)],
  [["verdicts"], () => verdicts(byId("verdicts"), state.verdicts, say)],
  [["events"], () => events(byId("events"), state.events, say)],
];

function show(changed) {
  for (const [names, part] of PARTS) if (!changed || names.some((name) => name in changed)) part();
  drill(byId("drill"), state, setting, language, say, !changed || "drill" in changed || "lab" in changed);
  const now = performance.now();
  if (!changed || "flows" in changed || now - strips > STRIPS_MS) {
    strips = now;
    flows(byId("flows"), state, say);
  }
}

function hear(next, changed) {
  state = next;
  heard = performance.now();
  byId("silent").hidden = true;
  if (!changed) speak();
  show(changed);
  document.body.dataset.clock = state.clock;
}

const source = new EventSource("events");
source.addEventListener("state", (event) => hear(JSON.parse(event.data)));
source.addEventListener("patch", (event) => {
  const patch = JSON.parse(event.data);
  hear(merged(state, patch), patch);
});
setInterval(() => {
  if (performance.now() - heard > SILENT_MS) byId("silent").hidden = false;
}, SILENT_MS / 3);

for (const each of document.querySelectorAll("[data-language]"))
  each.addEventListener("click", () => {
    language = each.dataset.language;
    localStorage.setItem("v6lab-language", language);
    speak();
    if (state) show();
  });

byId("zoom").addEventListener("click", () => {
  const zoomed = byId("network").classList.toggle("zoomed");
  byId("zoom").setAttribute("aria-pressed", String(zoomed));
  byId("zoom").dataset.say = zoomed ? "fit" : "zoom";
  byId("zoom").textContent = say(byId("zoom").dataset.say);
});

async function post(path, body) {
  let why = "";
  try {
    const answer = await fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body });
    if (!answer.ok) why = (await answer.json()).why ?? "other";
  } catch {
    why = "other";
  }
  refused(byId("refused"), why && say(`refused.${why}`));
}

document.querySelector("#drill form").addEventListener("submit", (event) => {
  event.preventDefault();
  post("drill/start", JSON.stringify({ id: document.querySelector("#drill select").value }));
});
byId("stop").addEventListener("click", () => post("drill/stop", "{}"));
speak();
