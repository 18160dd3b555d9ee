// A course over time, drawn by uPlot, with its twin as a table: what the picture shows can be read as well.

import { h, setText } from "./dom.js";
import uPlot from "./vendor/uPlot.esm.js";
import { hm, t } from "./words.js";

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** `points`: milliseconds and value. `limit`: a line that matters. Gives the element and `show(spec)`. */
export function chart(spec) {
  const plot = h("div", { class: "plot", "aria-hidden": "true" });
  const latest = h("span", { class: "num" });
  const body = h("tbody");
  const element = h("figure", { class: "chart", "data-chart": spec.id },
    h("h3", {}, spec.title, " ", latest), plot,
    h("details", {}, h("summary", {}, t("floor.table"), h("span", { class: "sr-only" }, `: ${spec.title}`)),
      h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": spec.title },
        h("table", {}, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("mine.time")), h("th", { scope: "col", class: "end" }, spec.title))), body))));
  let drawn = null;
  const show = ({ points, format, limit }) => {
    const known = (points ?? []).filter(([, value]) => value != null);
    setText(latest, known.length ? format(known.at(-1)[1]) : "");
    const rows = known.slice(-60).reverse();
    body.replaceChildren(...rows.map(([at, value]) => h("tr", {}, h("td", { class: "num" }, hm(at)), h("td", { class: "num end" }, format(value)))));
    const times = (points ?? []).map(([at]) => at / 1000), values = (points ?? []).map(([, value]) => value);
    const data = limit == null ? [times, values] : [times, values, times.map(() => limit)];
    if (drawn) drawn.setData(data);
    else if (element.isConnected) drawn = make(spec, data, plot);
    else requestAnimationFrame(() => { if (!drawn && element.isConnected) drawn = make(spec, data, plot); });
  };
  return { element, show };
}

function make(spec, data, plot) {
  const grid = { stroke: colour("--line"), width: 1 };
  const text = { stroke: colour("--text-2"), font: `11px ${getComputedStyle(document.body).fontFamily}`, grid, ticks: { show: false } };
  const accent = colour("--accent");
  const series = [{}, {
    stroke: accent, width: 2, fill: colour("--accent-soft"), spanGaps: true,
    // A line needs two points: the first ones are shown as such.
    points: { show: (of, nth) => of.data[nth].filter((value) => value != null).length < 4, size: 6 },
    paths: spec.bars ? uPlot.paths.bars({ size: [0.7, 40] }) : undefined,
  }];
  if (data.length > 2) series.push({ stroke: colour("--text"), width: 1.5, dash: [5, 4], points: { show: false } });
  const size = () => ({ width: Math.max(120, plot.clientWidth), height: plot.clientHeight || 150 });
  const drawn = new uPlot({
    ...size(), series, legend: { show: false }, cursor: { show: false }, padding: [8, 4, 0, 0],
    scales: { y: { range: (_, low, high) => [0, Math.max(spec.top ?? 1, high ?? 0) * (spec.top ? 1 : 1.1)] } },
    axes: [{ ...text, size: 22, values: (_, splits) => splits.map((at) => hm(at * 1000)), space: 60 }, { ...text, size: 44, values: (_, splits) => splits.map(spec.axis), space: 32 }],
  }, data, plot);
  new ResizeObserver(() => drawn.setSize(size())).observe(plot);
  return drawn;
}
