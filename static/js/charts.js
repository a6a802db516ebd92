"use strict";
// Draws every [data-chart] from the JSON beside it. Shapes: docs/design-system.md. Without this file the tables remain.
(() => {
  const DAY = 86400000;
  const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const charts = new Map();

  // A probe resolves light-dark() and var(): ECharts takes plain colours only.
  function readPalette() {
    const probe = document.createElement("i");
    document.body.append(probe);
    const color = (name) => {
      probe.style.color = `var(--${name})`;
      return getComputedStyle(probe).color;
    };
    const names = ["text", "muted", "line", "surface", "accent", "up", "down", "line-2", "line-3", "line-4", "heat-low", "heat-high", "down-bg"];
    const palette = Object.fromEntries(names.map((name) => [name, color(name)]));
    palette.categories = Array.from({ length: 10 }, (_, i) => color(`cat-${i + 1}`));
    probe.remove();
    return palette;
  }

  const fade = (color, alpha) => color.replace(/^rgba?\(([^)]+)\)$/, (_, parts) => `rgba(${parts.split(",").slice(0, 3)},${alpha})`);

  // Figures

  const plain = (digits) => new Intl.NumberFormat("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const short = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 2 });
  const tick = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 6 });
  // What is written as zero has no sign.
  const minus = (text) => text.replace(/^-(?=\$?[0.]+%?$)/, "").replace("-", "\u2212");

  function write(value, unit) {
    if (value === null || value === undefined || Number.isNaN(value)) return "unknown";
    if (unit === "percent") return minus(`${plain(2).format(value * 100)}%`);
    if (unit === "usd") return minus(`${value < 0 ? "-" : ""}$${plain(2).format(Math.abs(value))}`);
    return minus(plain(2).format(value));
  }

  function writeTick(value, unit) {
    if (unit === "percent") return minus(`${tick.format(value * 100)}%`);
    const text = Math.abs(value) >= 10000 ? short.format(value) : tick.format(value);
    return minus(unit === "usd" ? text.replace(/^(-?)/, "$1$$") : text);
  }

  function writeDay(stamp) {
    const day = new Date(stamp);
    return `${day.getUTCDate()} ${MONTHS[day.getUTCMonth()]} ${day.getUTCFullYear()}`;
  }

  // Options

  function base(c, title) {
    return {
      useUTC: true,
      animation: false,
      textStyle: { fontFamily: "Inter, system-ui, sans-serif", color: c.muted },
      aria: { enabled: true, label: { description: `Chart: ${title}. The same figures stand in the table below it.` } },
      tooltip: {
        renderMode: "richText",
        confine: true,
        backgroundColor: c.surface,
        borderColor: c.line,
        borderRadius: 10,
        padding: [9, 12],
        textStyle: { color: c.text, fontSize: 12.5, fontFamily: "Inter, system-ui, sans-serif" },
      },
      grid: { left: 2, right: 10, top: 14, bottom: 2, containLabel: true },
    };
  }

  function valueAxis(c, unit, extra) {
    return {
      type: "value",
      axisLabel: { color: c.muted, fontSize: 11.5, formatter: (value) => writeTick(value, unit) },
      splitLine: { lineStyle: { color: c.line } },
      splitNumber: 4,
      ...extra,
    };
  }

  function nameAxis(c, names, extra) {
    return {
      type: "category",
      data: names,
      axisTick: { show: false },
      axisLine: { lineStyle: { color: c.line } },
      axisLabel: { color: c.muted, fontSize: 11.5, interval: 0, hideOverlap: true },
      ...extra,
    };
  }

  function legend(c, series) {
    if (series.length < 2) return {};
    return {
      legend: { left: 0, top: 0, icon: "roundRect", itemWidth: 14, itemHeight: 3, itemGap: 16, textStyle: { color: c.muted, fontSize: 12 }, inactiveColor: c.line },
      grid: { left: 2, right: 10, top: 34, bottom: 2, containLabel: true },
    };
  }

  function timeLine(c, data, series, index, context) {
    const role = series.role || (index ? "benchmark" : "main");
    const others = [c["line-2"], c["line-3"], c["line-4"]];
    const color = { main: c.accent, loss: c.down, flow: c.muted }[role] || others[(index + others.length - 1) % others.length];
    const filled = role === "loss" || (role === "main" && context.kind === "area");
    const ends = role === "loss" ? [0.06, 0.34] : [0.26, 0.02];
    const stops = ends.map((alpha, offset) => ({ offset, color: fade(color, alpha) }));
    return {
      name: series.name,
      type: "line",
      data: data.dates.map((day, i) => [day, series.values[i] ?? null]).slice(context.first),
      showSymbol: false,
      symbol: "circle",
      symbolSize: 7,
      step: role === "flow" ? "end" : false,
      z: role === "main" ? 4 : 3,
      sampling: "lttb",
      lineStyle: { color, width: { main: 2.3, loss: 1.5 }[role] || 1.4, type: role === "flow" ? [5, 4] : "solid" },
      itemStyle: { color },
      emphasis: { disabled: true },
      ...(filled && { areaStyle: { color: { type: "linear", x: 0, y: 0, x2: 0, y2: 1, colorStops: stops } } }),
    };
  }

  function timeOption(c, data, context) {
    const last = Date.parse(data.dates.at(-1));
    const from = context.days ? last - context.days * DAY : -Infinity;
    const first = Math.max(0, data.dates.findIndex((day) => Date.parse(day) >= from));
    const loss = data.series.some((series) => series.role === "loss");
    return {
      ...legend(c, data.series),
      xAxis: {
        type: "time",
        axisLine: { lineStyle: { color: c.line } },
        axisTick: { show: false },
        splitNumber: context.width < 480 ? 3 : 6,
        axisLabel: {
          color: c.muted,
          fontSize: 11.5,
          hideOverlap: true,
          formatter: { year: "{yyyy}", month: "{MMM} {yyyy}", day: "{d} {MMM}" },
        },
        axisPointer: { label: { formatter: (point) => writeDay(point.value) } },
      },
      yAxis: valueAxis(c, data.unit, loss ? { max: 0 } : { scale: true }),
      tooltip: {
        trigger: "axis",
        valueFormatter: (value) => write(value, data.unit),
        axisPointer: { lineStyle: { color: c.muted, type: [3, 3] } },
      },
      series: data.series.map((series, index) => timeLine(c, data, series, index, { ...context, first })),
    };
  }

  function barOption(c, data) {
    const others = [c["line-3"], c["line-2"], c["line-4"]];
    return {
      ...legend(c, data.series),
      xAxis: nameAxis(c, data.categories),
      yAxis: valueAxis(c, data.unit),
      tooltip: { trigger: "axis", axisPointer: { type: "none" }, valueFormatter: (value) => write(value, data.unit) },
      series: data.series.map((series, index) => ({
        name: series.name,
        type: "bar",
        data: series.values,
        barMaxWidth: 34,
        barGap: "12%",
        itemStyle: { color: index ? others[(index - 1) % others.length] : c.accent, borderRadius: 3 },
        emphasis: { disabled: true },
      })),
    };
  }

  // A name fits when a square of the tile's area, less a margin for narrow tiles, is as wide as the text.
  const fits = (name, share, context) => 0.78 * Math.sqrt(share * context.width * context.height) > name.length * 7 + 8;

  function treemapOption(c, data, context) {
    const total = data.items.reduce((sum, item) => sum + item.value, 0);
    const groups = [...new Set(data.items.map((item) => item.group).filter((group) => group && group !== "cash"))];
    const color = (item, index) => {
      if (item.group === "cash") return c.categories[9];
      return c.categories[(groups.length ? Math.max(0, groups.indexOf(item.group)) : index) % 9];
    };
    const node = (item, index) => ({
      name: item.name,
      value: item.value,
      itemStyle: { color: color(item, index) },
      label: { show: fits(item.name, item.value / total, context), fontSize: item.value / total > 0.12 ? 13 : 11.5 },
    });
    return {
      tooltip: { trigger: "item", formatter: (point) => `${point.name}  ${write(point.value, data.unit)}` },
      series: [{
        type: "treemap",
        roam: false,
        nodeClick: false,
        breadcrumb: { show: false },
        left: 0, right: 0, top: 0, bottom: 0,
        label: { color: "#fff", fontWeight: 600, lineHeight: 17, formatter: (point) => `${point.name}\n${plain(1).format(point.value * 100)}%` },
        itemStyle: { borderColor: c.surface, borderWidth: 0, gapWidth: 3, borderRadius: 7 },
        emphasis: { disabled: true },
        data: data.items.map(node),
      }],
    };
  }

  function heatmapOption(c, data, context) {
    const cells = data.matrix.flatMap((line, y) => line.map((value, x) => [x, y, value ?? "-"]));
    const room = context.width / data.names.length;
    return {
      grid: { left: 2, right: 2, top: 2, bottom: 2, containLabel: true },
      xAxis: nameAxis(c, data.names, { axisLine: { show: false }, axisLabel: { color: c.muted, fontSize: 11, interval: 0, rotate: room < 44 ? 60 : 0 } }),
      yAxis: nameAxis(c, data.names, { axisLine: { show: false }, inverse: true }),
      visualMap: { show: false, min: -1, max: 1, inRange: { color: [c["down-bg"], c["heat-low"], c["heat-high"]] } },
      tooltip: { trigger: "item", formatter: (point) => `${data.names[point.value[0]]} and ${data.names[point.value[1]]}  ${write(point.value[2], data.unit)}` },
      series: [{
        type: "heatmap",
        data: cells,
        label: { show: room > 30, color: c.text, fontSize: room < 44 ? 10 : 11.5, formatter: (point) => minus(plain(2).format(point.value[2])) },
        itemStyle: { borderColor: c.surface, borderWidth: 3, borderRadius: 6 },
        emphasis: { disabled: true },
      }],
    };
  }

  // A floating bar from low to high is a clear bar below a filled one, on either side of zero.
  function waterfallBars(c, steps) {
    let level = 0;
    return steps.map((step) => {
      const from = step.total ? 0 : level;
      level = step.total ? step.value : level + step.value;
      const color = step.total ? c.accent : step.value < 0 ? c.down : c.up;
      return { low: Math.min(from, level), high: Math.max(from, level), level, color, total: step.total };
    });
  }

  function waterfallOption(c, data, context) {
    const bars = waterfallBars(c, data.steps);
    const ends = bars.map((bar) => bar.level);
    const [low, high] = [Math.min(...ends), Math.max(...ends)];
    const unit = 10 ** Math.floor(Math.log10(high - low || 1));
    const floor = low > 0 ? Math.max(0, Math.floor((low - (high - low) * 0.5) / unit) * unit) : null;
    const layer = (pick, clear) => ({
      type: "bar",
      stack: "steps",
      barCategoryGap: "34%",
      silent: clear,
      emphasis: { disabled: true },
      data: bars.map((bar) => ({ value: pick(bar), itemStyle: { color: clear ? "transparent" : bar.color, borderRadius: 3 } })),
    });
    return {
      xAxis: nameAxis(c, data.steps.map((step) => step.name), { axisLabel: { color: c.muted, fontSize: context.width < 480 ? 10 : 11.5, interval: 0, rotate: context.width / bars.length < 52 ? 40 : 0 } }),
      yAxis: valueAxis(c, data.unit, { min: floor, scale: true }),
      tooltip: { trigger: "item", formatter: (point) => `${data.steps[point.dataIndex].name}  ${write(data.steps[point.dataIndex].value, data.unit)}` },
      series: [
        layer((bar) => Math.max(bar.low, 0), true),
        layer((bar) => Math.min(bar.high, 0), true),
        layer((bar) => Math.max(bar.high, 0) - Math.max(bar.low, 0), false),
        layer((bar) => Math.min(bar.low, 0) - Math.min(bar.high, 0), false),
      ],
    };
  }

  const OPTIONS = { line: timeOption, area: timeOption, bar: barOption, treemap: treemapOption, heatmap: heatmapOption, waterfall: waterfallOption };

  // Drawing

  function draw(element, palette) {
    charts.get(element)?.dispose();
    const data = JSON.parse(document.getElementById(element.dataset.source).textContent);
    const kind = element.dataset.chart;
    const context = { kind, days: Number(element.dataset.days || 0), width: element.clientWidth, height: element.clientHeight };
    const common = base(palette, element.dataset.title || "");
    const option = OPTIONS[kind](palette, data, context);
    element.setAttribute("role", "img");
    const chart = echarts.init(element, null, { renderer: "svg" });
    chart.setOption({ ...common, ...option, tooltip: { ...common.tooltip, ...option.tooltip } });
    charts.set(element, chart);
    element.dataset.width = context.width;
  }

  function drawAll(again) {
    for (const [element, chart] of charts) {
      if (element.isConnected) continue;
      chart.dispose();
      charts.delete(element);
    }
    const palette = readPalette();
    for (const element of document.querySelectorAll("[data-chart]")) {
      if (!again && charts.has(element)) continue;
      draw(element, palette);
      resizes.observe(element);
    }
  }

  const resizes = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (charts.has(target) && target.clientWidth && Number(target.dataset.width) !== target.clientWidth) draw(target, readPalette());
    }
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-ranges] button");
    if (!button) return;
    const group = button.closest("[data-ranges]");
    for (const other of group.querySelectorAll("button")) other.setAttribute("aria-pressed", String(other === button));
    const element = document.getElementById(group.dataset.ranges);
    element.dataset.days = button.dataset.days;
    draw(element, readPalette());
  });
  document.addEventListener("themechange", () => drawAll(true));
  document.addEventListener("htmx:afterSettle", () => drawAll(false));
  drawAll(false);
})();
