// What the page does where scripts run: the table of networks sorts, filters and folds, figures enlarge, charts come alive.
(() => {
  "use strict";
  const make = (name, properties, ...children) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...children);
    return element;
  };

  // What a cell shows: of the numbers for each intensity the chosen one, without the arrow that folds.
  const shown = (cell, level) => (cell.querySelector(`.l${level}`) || cell).textContent.replace(/[\u25b8\u25be]/g, "").trim();
  const compare = (a, b) => {
    const [x, y] = [parseFloat(a), parseFloat(b)];
    if (Number.isNaN(x) !== Number.isNaN(y)) return Number.isNaN(x) ? 1 : -1;
    return Number.isNaN(x) ? a.localeCompare(b) : x - y;
  };

  function table(element) {
    const tools = document.querySelector(`[data-for=${element.id}]`);
    const bodies = [...element.tBodies];
    const heads = [...element.tHead.rows[0].cells];

    heads.forEach((head, column) => {
      head.setAttribute("aria-sort", "none");
      head.tabIndex = 0;
      const sort = () => {
        const up = head.getAttribute("aria-sort") === "descending" || (head.className === "t" && head.getAttribute("aria-sort") === "none");
        heads.forEach((other) => other.setAttribute("aria-sort", "none"));
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        const key = (body) => shown(body.rows[0].cells[column], element.dataset.level);
        const sign = up ? 1 : -1;
        const missing = (text) => text === "-" || text === "";
        bodies.sort((a, b) => {
          const [x, y] = [key(a), key(b)];
          return missing(x) || missing(y) ? missing(x) - missing(y) : sign * compare(x, y);
        });
        element.append(...bodies);
      };
      head.addEventListener("click", sort);
      head.addEventListener("keydown", (event) => { if (event.key === "Enter") sort(); });
    });

    const search = make("input", {type: "search", placeholder: "filter rows by words"});
    search.setAttribute("aria-label", "filter rows by words");
    const found = make("span", {className: "s"});
    search.addEventListener("input", () => {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      let count = 0;
      for (const body of bodies) {
        const text = body.textContent.toLowerCase();
        body.hidden = !words.every((word) => text.includes(word));
        count += !body.hidden;
      }
      found.textContent = words.length ? `${count} of ${bodies.length} settings` : "";
    });
    tools.append(search, found);

    const levels = [...heads.reduce((most, head) => {
      const spans = head.querySelectorAll(".l");
      return spans.length > most.length ? spans : most;
    }, [])];
    if (levels.length > 1) {
      const choice = make("select", {}, ...levels.map((span, level) => make("option", {value: level}, span.textContent)));
      choice.value = element.dataset.level;
      choice.addEventListener("change", () => { element.dataset.level = choice.value; });
      tools.append(make("label", {}, "attacks at ", choice));
    }

    const foldable = bodies.filter((body) => body.querySelector(".network"));
    const set = (body, folded) => {
      body.classList.toggle("folded", folded);
      const button = body.querySelector(".fold");
      button.textContent = folded ? "\u25b8" : "\u25be";
      button.setAttribute("aria-expanded", String(!folded));
    };
    for (const body of foldable) {
      const button = make("button", {className: "fold", type: "button", title: `single ${element.dataset.members}`});
      button.addEventListener("click", () => set(body, !body.classList.contains("folded")));
      (body.rows[0].cells[0].firstElementChild || body.rows[0].cells[0]).prepend(button);
      set(body, true);
    }
    if (foldable.length) {
      const all = make("button", {type: "button"}, `all ${element.dataset.members}`);
      all.addEventListener("click", () => {
        const open = foldable.some((body) => body.classList.contains("folded"));
        foldable.forEach((body) => set(body, !open));
        all.textContent = open ? "settings only" : `all ${element.dataset.members}`;
      });
      tools.append(all);
    }
  }

  // A chart's views stand below one another, and are as wide as the page, where it is narrow.
  function fitted(spec, room) {
    const fit = (view) => {
      const least = (view.usermeta && view.usermeta.least) || 180;  // narrower, its labels would overlap
      if (view.width > room - 70) view.width = Math.max(room - 70, least);
      return view;
    };
    if (!spec.hconcat) return fit(spec);
    const wide = spec.hconcat.reduce((sum, view) => sum + (view.width || 0) + 75, 0);
    if (wide <= room) return spec;
    const {hconcat, ...rest} = spec;
    const across = Math.max(1, Math.floor(room / (hconcat[0].width + 75)));
    return {...rest, concat: hconcat.map(fit), columns: across};
  }

  async function chart(figure) {
    const spec = JSON.parse(figure.querySelector("script").textContent);
    const live = make("div", {className: "live"});
    const still = figure.querySelector(".still");
    still.before(live);
    const narrow = fitted(spec, live.clientWidth || 800);
    try {
      await window.vegaEmbed(live, narrow, {renderer: "svg", actions: false});
      live.classList.toggle("scrolls", Boolean(spec.usermeta));  // made smaller, its labels could not be read
      still.style.display = "none";
      figure.classList.add("drawn");
    } catch (error) {
      live.remove();
      console.error(error);
    }
  }

  function enlarge(image) {
    const dialog = make("dialog", {}, make("img", {src: image.src, alt: image.alt}));
    dialog.addEventListener("click", () => { dialog.close(); dialog.remove(); });
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  }

  document.querySelectorAll("table.data").forEach(table);
  document.querySelectorAll("figure img.still").forEach((image) => image.addEventListener("click", () => enlarge(image)));
  Promise.all([...document.querySelectorAll("figure.chart")].map(chart)).then(() => document.body.classList.add("ready"));
})();
