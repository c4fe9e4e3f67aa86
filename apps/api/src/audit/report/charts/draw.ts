import type { Draw, Drawing } from './chart.js';

/** The parts of the library that these charts are made of. It is large: it is loaded when something is drawn. */
const load = async () => {
  const [{ init, use }, { BarChart }, { GridComponent }, { SVGRenderer }] = await Promise.all([
    import('echarts/core'),
    import('echarts/charts'),
    import('echarts/components'),
    import('echarts/renderers'),
  ]);
  use([BarChart, GridComponent, SVGRenderer]);
  return init;
};

let loaded: ReturnType<typeof load> | undefined;

/** Draws in this thread: a second for the first, some milliseconds for each. */
export const drawHere: Draw = async (drawings) => {
  const init = await (loaded ??= load());
  return drawings.map(({ option, width, height }: Drawing) => {
    const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
    try {
      chart.setOption(option);
      return chart.renderToSVGString();
    } finally {
      chart.dispose();
    }
  });
};
