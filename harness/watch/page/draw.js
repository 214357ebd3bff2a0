// The drawing: fetched as the stage has it, and marked as nodes and links are. A mark is a class and a sign, never a colour alone.
const SVG = "http://www.w3.org/2000/svg";
const SIGN = { stopped: "✗", frozen: "‖", broken: "⚡", down: "✗" };
const LARGEST = 26; // of a name, in the drawing's own units: what a node's box holds
const MARGIN = 12;

export class Drawing {
  constructor(place, say) {
    Object.assign(this, { place, say, key: "", nodes: {}, links: {} });
  }

  async follow(lab, language) {
    const key = `${lab.stage} ${language}`;
    if (!lab.stage || key === this.key) return;
    this.key = key;
    const answer = await fetch(`drawing.svg?lang=${language}&stage=${encodeURIComponent(lab.stage)}`);
    if (key !== this.key) return; // another one has been asked for meanwhile
    if (!answer.ok) {
      this.place.textContent = (await answer.json()).why;
      return;
    }
    const svg = new DOMParser().parseFromString(await answer.text(), "image/svg+xml").documentElement;
    this.place.replaceChildren(document.adoptNode(svg));
    this.crop(svg);
    this.enlarge(svg);
    this.label();
    this.paint(this.nodes, this.links);
  }

  label() {
    this.place.querySelector("svg")?.setAttribute("aria-label", this.say("drawing"));
  }

  // Title and legend are the page's own business: only the network itself is shown.
  crop(svg) {
    const inside = svg.querySelector(":scope > g");
    const box = inside.getBBox();
    const { e, f } = inside.transform.baseVal.consolidate().matrix;
    const [x, y, width, height] = [box.x + e - MARGIN, box.y + f - MARGIN, box.width + 2 * MARGIN, box.height + 2 * MARGIN];
    svg.setAttribute("viewBox", `${x} ${y} ${width} ${height}`);
    svg.removeAttribute("width");
    svg.removeAttribute("height");
    for (const each of [...svg.children]) if (each !== inside) each.remove();
  }

  // Names are read from across a room: each is as large as its node's box holds, in the place of icon and badges.
  enlarge(svg) {
    for (const node of svg.querySelectorAll(".node")) {
      const shape = node.querySelector(".shape").getBBox();
      const name = node.querySelector(".name");
      const round = node.matches(".router, .translator") ? shape.height / 2 : 8;
      const size = Math.min(LARGEST, (parseFloat(getComputedStyle(name).fontSize) * (shape.width - round - 6)) / name.getBBox().width);
      name.style.fontSize = `${size}px`;
      name.setAttribute("text-anchor", "middle");
      name.setAttribute("x", shape.x + shape.width / 2);
      name.setAttribute("y", shape.y + shape.height / 2 + size * 0.36);
    }
  }

  paint(nodes, links) {
    Object.assign(this, { nodes, links });
    for (const [name, how] of Object.entries(nodes)) this.mark(`node-${name}`, how, how === "running", "node");
    for (const [id, how] of Object.entries(links)) this.mark(id, how, how === "up", "link");
  }

  mark(id, how, good, what) {
    const group = this.place.querySelector(`[id="${CSS.escape(id)}"]`);
    if (!group || group.dataset.how === how) return;
    group.dataset.how = how;
    group.classList.toggle("state-good", good);
    group.classList.toggle("state-bad", !good);
    const svg = group.ownerSVGElement;
    svg.querySelector(`[data-of="${CSS.escape(id)}"]`)?.remove();
    if (good) return;
    const { x, y } = what === "node" ? corner(group) : middle(group);
    const sign = document.createElementNS(SVG, "g");
    sign.setAttribute("class", `sign bad ${what}`);
    sign.setAttribute("transform", `translate(${x} ${y})`);
    sign.dataset.of = id;
    const circle = document.createElementNS(SVG, "circle");
    circle.setAttribute("r", "17");
    const text = document.createElementNS(SVG, "text");
    text.setAttribute("y", "8");
    text.textContent = SIGN[how];
    const title = document.createElementNS(SVG, "title");
    title.textContent = this.say(`how.${how}`);
    sign.append(title, circle, text);
    svg.querySelector(":scope > g").append(sign);
  }
}

function corner(group) {
  const box = group.querySelector(".shape").getBBox();
  return { x: box.x + box.width - 2, y: box.y + 2 };
}

function middle(group) {
  const course = group.querySelector(".halo");
  return course.getPointAtLength(course.getTotalLength() / 2);
}
