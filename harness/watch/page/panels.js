// What stands beside the drawing. Each function makes its part anew out of the state; nothing here remembers anything.
const WINDOW = 60; // seconds that a strip shows
const SHOWN_TROUBLE = 6;
const BEHIND = 0.25; // an echo is known to be lost only after a while: the strip's edge is not beyond what is known
const SIGN = { pass: "✓", fail: "✗", error: "!", skip: "–", stopped: "■", "": "✓" };
const FLOW_SIGN = { through: "✓", lost: "✗", unseen: "?" };

const make = (tag, style, text = "") => Object.assign(document.createElement(tag), { className: style, textContent: text });
const last = (strip) => Object.entries(strip).reduce((a, b) => (Number(b[0]) > Number(a[0]) ? b : a), [0, "unseen"])[1];
const local = (wall) => new Date(wall).toLocaleTimeString("vi-VN", { hour12: false });
const dated = (wall) => new Date(wall).toLocaleString("vi-VN", { hour12: false, dateStyle: "short", timeStyle: "short" });

function show(element, parts) {
  element.replaceChildren(...parts);
}

export function refused(element, text) {
  element.hidden = !text;
  element.textContent = text;
}

export function trouble(section, state, say) {
  const found = [
    ...state.faults.map((each) => say("trouble.fault", say.phrase(each))),
    ...pick(state.nodes, "running").map(([name, how]) => say("trouble.node", name, say(`how.${how}`))),
    ...pick(state.links, "up").map(([id, how]) => say("trouble.link", ends(id), say(`how.${how}`))),
    ...Object.entries(state.flows)
      .filter(([, strip]) => last(strip) === "lost")
      .map(([key]) => say("trouble.flow", ...key.split("|"))),
    ...pick(state.sessions, true).map(([key]) => say("trouble.session", session(key))),
  ];
  const more = found.length - SHOWN_TROUBLE;
  const shown = more > 1 ? [...found.slice(0, SHOWN_TROUBLE - 1), say("trouble.more", more + 1)] : found;
  section.classList.toggle("quiet", !found.length);
  section.classList.toggle("fine", state.lab.up && !found.length);
  show(
    section.querySelector("ul"),
    shown.length ? shown.map((each) => make("li", "bad", each)) : [make("li", "none", state.lab.up ? say("trouble.none") : "–")],
  );
}

const pick = (found, good) => Object.entries(found).filter(([, how]) => how !== good);
const ends = (id) => id.replace(/^link-/, "").split("--").map((end) => end.replace(".", ":")).join(" – ");

function session(key) {
  const [router, protocol, family, peer] = key.split("|");
  return `${router} ${protocol.toUpperCase()} IPv${family} ${peer}`;
}

export function sessions(section, found, say) {
  const kinds = {};
  for (const [key, up] of Object.entries(found)) {
    const [, protocol, family] = key.split("|");
    const kind = (kinds[`${protocol.toUpperCase()} IPv${family}`] ??= { up: 0, all: 0 });
    kind.all += 1;
    kind.up += up ? 1 : 0;
  }
  const names = Object.keys(kinds).sort();
  show(
    section.querySelector(".counts"),
    names.map((name) => {
      const { up, all } = kinds[name];
      const cell = make("div", up === all ? "good" : "bad");
      cell.append(make("span", "name", name), make("b", "", `${up === all ? "✓" : "✗"} ${say("sessions.up", up, all)}`));
      return cell;
    }),
  );
  const down = pick(found, true).map(([key]) => make("li", "bad", `✗ ${session(key)}`));
  show(section.querySelector("ul"), down.length ? down : [make("li", "none", say(names.length ? "sessions.all" : "sessions.none"))]);
}

export function verdicts(section, found, say) {
  const checks = Object.entries(found.outcomes);
  const count = {};
  for (const [, outcome] of checks) count[outcome] = (count[outcome] ?? 0) + 1;
  const words = Object.entries(count).map(([outcome, n]) => `${SIGN[outcome]} ${n} ${say(`outcome.${outcome}`)}`);
  const at = checks.length ? ` (${say("verdicts.at", dated(found.written))})` : "";
  section.querySelector("p").textContent = (words.join(" · ") || say("verdicts.none")) + at;
  const red = checks.filter(([, outcome]) => outcome === "fail" || outcome === "error");
  show(
    section.querySelector("ul"),
    red.map(([check, outcome]) => make("li", outcome, `${SIGN[outcome]} ${check}: ${found.findings[check] ?? ""}`)),
  );
}

export function events(section, found, say) {
  const numbers = Object.keys(found).map(Number).sort((a, b) => b - a);
  const lines = numbers.map((number) => {
    const { wall, kind, node, what } = found[number];
    const named = told(kind, what, say);
    const text = named === `event.${kind}` ? `${kind} ${what}` : named;
    const line = make("li", /down|stopped|frozen|applied|between/.test(kind) ? "bad" : "");
    line.append(make("time", "", local(wall)), make("b", "", node), make("span", "", text));
    return line;
  });
  show(section.querySelector("ol"), lines.length ? lines : [make("li", "none", say("events.none"))]);
}

function told(kind, what, say) {
  if (kind === "watch.between") return say.cause("between", what);
  if (kind === "watch.drill-ended") {
    const [id, outcome] = what.split(" ");
    return say("event.watch.drill-ended", id, say(`outcome.${outcome ?? ""}`));
  }
  return say(`event.${kind}`, kind.startsWith("fault.") ? say.phrase(what) : what);
}

// The strips. A flow that passes is a thin line, one that loses a block of full height: it shows without colours too.
export function flows(section, state, say) {
  section.querySelector("h2").textContent = say("flows", WINDOW);
  const place = section.querySelector(".strips");
  const keys = Object.keys(state.flows);
  const rows = new Map([...place.querySelectorAll("[data-flow]")].map((row) => [row.dataset.flow, row]));
  if (keys.length !== rows.size || keys.some((key) => !rows.has(key))) {
    show(place, keys.length ? keys.map(strip) : [make("p", "none", say("flows.none"))]);
    for (const row of place.querySelectorAll("[data-flow]")) rows.set(row.dataset.flow, row);
  }
  for (const key of keys) run(rows.get(key), state.flows[key], state.clock - BEHIND, say);
}

function strip(key) {
  const [name, family] = key.split("|");
  const row = make("div", `strip ip${family}`);
  row.dataset.flow = key;
  row.append(make("span", "name", name), make("span", "family", family), make("canvas", "run"), make("span", "now"));
  row.querySelector("canvas").setAttribute("role", "img");
  return row;
}

function run(row, turns, until, say) {
  const now = last(turns);
  const canvas = row.querySelector("canvas");
  const lost = paint(canvas, turns, until, getComputedStyle(row));
  row.classList.toggle("bad", now === "lost");
  row.dataset.now = now;
  const sign = row.querySelector(".now");
  if (sign.textContent !== FLOW_SIGN[now]) sign.textContent = FLOW_SIGN[now];
  const said = lost ? say("flow.lost-for", lost.toFixed(1), WINDOW) : say("flow.no-loss", WINDOW);
  const label = `${row.dataset.flow.replace("|", " IPv")}: ${say(`flow.${now}`)}, ${said}`;
  if (row.title !== label) {
    row.title = label;
    canvas.setAttribute("aria-label", label);
  }
}

function paint(canvas, turns, until, style) {
  const [width, height] = [canvas.clientWidth * devicePixelRatio, canvas.clientHeight * devicePixelRatio];
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const pen = canvas.getContext("2d");
  pen.clearRect(0, 0, width, height);
  const from = until - WINDOW;
  const spans = Object.entries(turns).map(([at, how]) => [Number(at), how]).sort((a, b) => a[0] - b[0]);
  let lost = 0;
  spans.forEach(([at, how], index) => {
    const [begin, end] = [Math.max(at, from), Math.min(spans[index + 1]?.[0] ?? until, until)];
    if (end <= begin || how === "unseen") return;
    const [x, wide] = [((begin - from) / WINDOW) * width, ((end - begin) / WINDOW) * width];
    pen.fillStyle = style.getPropertyValue(how === "lost" ? "--bad" : "--good");
    const high = how === "lost" ? height : Math.max(2, height * 0.3);
    const least = how === "lost" ? 2 * devicePixelRatio : 0; // a short loss must not be narrower than can be seen
    pen.fillRect(x + wide - Math.max(wide, least), (height - high) / 2, Math.max(wide, least), high);
    if (how === "lost") lost += end - begin;
  });
  return lost;
}

export function drill(section, state, setting, language, say, whole) {
  const found = state.drill;
  const running = found.id && found.phase !== "ended";
  if (running || whole) section.querySelector("#clock").textContent = found.id ? stopwatch(found, state.clock) : "";
  if (!whole) return;
  choices(section.querySelector("select"), setting, state.lab.stage, language, say);
  section.querySelector("#start").disabled = Boolean(running) || !state.lab.up || state.lab.state !== "at";
  section.querySelector("#stop").disabled = !(running && found.ours);
  const select = section.querySelector("select");
  select.disabled = Boolean(running);
  if (running) select.value = found.id;
  section.dataset.phase = found.phase ?? "";
  section.dataset.outcome = found.outcome ?? "";
  const title = setting.drills.find((each) => each.id === found.id);
  const elsewhere = running && !found.ours ? ` (${say("drill.elsewhere")})` : "";
  section.querySelector("#what").textContent = found.id ? `${found.id} ${title?.[language] ?? ""}${elsewhere}` : say("drill.none");
  const ended = found.phase === "ended" ? `${SIGN[found.outcome] ?? ""} ${say("phase.ended")}: ${say(`outcome.${found.outcome}`)}` : "";
  const why = found.why ? ` – ${found.why}` : "";
  section.querySelector("#phase").textContent = found.id ? (ended || say(`phase.${found.phase}`)) + why : "";
  measures(section.querySelector("#measures"), found.rows ?? [], say);
}

function stopwatch(found, clock) {
  const seconds = Math.max(0, (found.ended || clock) - found.begun);
  return `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(1).padStart(4, "0")}`;
}

function choices(select, setting, stage, language, say) {
  const order = setting.stages.map((each) => each.name);
  const key = `${stage} ${language}`;
  if (select.dataset.key === key) return;
  const chosen = select.value;
  select.dataset.key = key;
  show(
    select,
    setting.drills.map((each) => {
      const early = order.indexOf(each.since) > order.indexOf(stage);
      const option = make("option", "", `${each.id} ${each[language]}${early ? ` (${say("drill.since", each.since)})` : ""}`);
      return Object.assign(option, { value: each.id, disabled: early });
    }),
  );
  if (chosen) select.value = chosen;
}

function measures(table, rows, say) {
  if (!rows.length) return show(table, []);
  const head = make("tr", "");
  head.append(make("th", "", say("measure")), make("th", "", `${say("worst")} ms`), make("th", "", `${say("target")} ms`), make("th", ""));
  show(table, [
    head,
    ...rows.map((row) => {
      const [what, ...rest] = row.measure.split(" ");
      const line = make("tr", row.met ? "" : "bad");
      const direction = row.direction && say(`direction.${row.direction}`);
      const name = [say(`measure.${what}`), ...rest, row.family, direction].filter(Boolean).join(" ");
      const worst = row.worst_ms < 0 ? say("never") : Math.round(row.worst_ms);
      line.append(make("td", "", name), make("td", "", worst), make("td", "", Math.round(row.target_ms)), make("td", "", row.met ? "✓" : "✗"));
      return line;
    }),
  ]);
}
