// An SVG drawn by ECharts without a browser.
import * as echarts from 'echarts';

const WIDTH = 1000;
export const COLOURS = ['#1b6ca8', '#3fa7d6', '#9ad1ec', '#e07a1f', '#f2b880', '#6b705c', '#a5a58d', '#8e5572'];
const FONT = 'Arial, Helvetica, sans-serif';

export function draw(height, option) {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height });
  chart.setOption({ animation: false, color: COLOURS, backgroundColor: '#ffffff', textStyle: { fontFamily: FONT }, ...option });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}
