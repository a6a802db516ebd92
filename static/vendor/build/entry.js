// The parts of ECharts that Ballast draws with; `npm install && npm run build` in this folder writes ../echarts.min.js.
import { init, use } from "echarts/core";
import { BarChart, HeatmapChart, LineChart, PieChart, TreemapChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent, VisualMapContinuousComponent } from "echarts/components";
import { SVGRenderer } from "echarts/renderers";

use([
  BarChart, HeatmapChart, LineChart, PieChart, TreemapChart,
  AriaComponent, GridComponent, LegendComponent, MarkLineComponent, TooltipComponent, VisualMapContinuousComponent,
  SVGRenderer,
]);

export { init };
