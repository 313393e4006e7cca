// Charts of our own, small and drawn with SVG: a line of the last minutes, and stacked bars with a table to read.
import { fill, h, setAttribute, svg, table } from '../dom.js';

// ---- a line of the last minutes ---------------------------------------------------------------------------

const kLineHeight = 32;

const kLineSteps = 60; // at least so many stand beside each other, so that the first two are no mountain

export function sparkline(label) {
  const area = svg('path.area');
  const line = svg('path.line');
  const element = svg('svg.sparkline', { preserveAspectRatio: 'none', role: 'img', 'aria-label': label }, area, line);
  // `values`: the newest last, which stands at the right edge.
  element.update = (values) => {
    const length = Math.max(kLineSteps, values.length);
    const top = Math.max(...values, 0) || 1;
    const points = values.map(
      (value, place) =>
        `${length - values.length + place},${(kLineHeight - 1 - (value / top) * (kLineHeight - 3)).toFixed(1)}`,
    );
    const path = points.length > 1 ? `M${points.join('L')}` : '';
    setAttribute(element, 'viewBox', `0 0 ${length - 1} ${kLineHeight}`);
    setAttribute(line, 'd', path);
    setAttribute(area, 'd', path && `${path}L${length - 1},${kLineHeight}L${length - values.length},${kLineHeight}Z`);
  };
  return element;
}

// ---- stacked bars -----------------------------------------------------------------------------------------

const kSeriesMax = 7; // as many as there are colours that can be told apart; what is beyond is added up
const kGap = 0.18; // of a bar's place

// `series`: [{ name, values }], a value for each of `buckets`, which are [{ label, full }]; `format` shows a value. The
// scale does not end below `least`.
export function stackedBars({ title, buckets, series, format, least }) {
  const shown = largest(series);
  const totals = buckets.map((bucket, place) => shown.reduce((sum, { values }) => sum + values[place], 0));
  const top = roundUp(Math.max(...totals, least));
  const readout = h('p.readout', { 'aria-hidden': 'true' });
  const rest = `${title}: ${format(totals.reduce((sum, value) => sum + value, 0))}`;
  const say = (place) =>
    fill(
      readout,
      place === null
        ? rest
        : [
            h('strong', buckets[place].full),
            ` ${format(totals[place])}`,
            shown
              .filter(({ values }) => values[place] > 0)
              .slice(0, 4)
              .map(({ name, values }) => `  ·  ${name} ${format(values[place])}`),
          ],
    );
  say(null);
  return h(
    'figure.chart',
    readout,
    plot(title, rest, buckets, shown, top, format, say),
    legend(shown, format),
    h('details', h('summary', 'As a table'), asTable(title, buckets, shown, totals, format)),
  );
}

function plot(title, description, buckets, series, top, format, say) {
  const picture = svg(
    'svg',
    {
      viewBox: `0 0 ${buckets.length} 1`,
      preserveAspectRatio: 'none',
      role: 'img',
      'aria-label': `${title}. ${description}`,
    },
    svg('title', title),
    svg('desc', description),
    bars(buckets, series, top),
  );
  const placeOf = (event) => {
    const box = picture.getBoundingClientRect();
    return Math.min(
      buckets.length - 1,
      Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * buckets.length)),
    );
  };
  picture.addEventListener('pointermove', (event) => say(placeOf(event)));
  picture.addEventListener('pointerleave', () => say(null));
  const every = Math.ceil(buckets.length / 8);
  return h(
    'div.plot',
    h(
      'div.scale',
      { 'aria-hidden': 'true' },
      [1, 0.5, 0].map((part) => h('span', format(top * part))),
    ),
    picture,
    h(
      'div.axis',
      { 'aria-hidden': 'true', vars: { buckets: buckets.length } },
      buckets.map(({ label }, place) =>
        h('span', { class: place % (2 * every) === 0 ? '' : 'minor' }, place % every === 0 ? label : ''),
      ),
    ),
  );
}

function bars(buckets, series, top) {
  return buckets.map((bucket, place) => {
    let base = 1;
    return svg(
      'g',
      series.map(({ values, color }) => {
        const height = values[place] / top;
        base -= height;
        return (
          height > 0 &&
          svg('rect', {
            class: `series-${color}`,
            x: place + kGap / 2,
            width: 1 - kGap,
            y: base.toFixed(5),
            height: height.toFixed(5),
          })
        );
      }),
    );
  });
}

function legend(series, format) {
  return h(
    'ul.legend',
    series.map(({ name, color, total }) =>
      h('li', h('span.swatch', { class: `series-${color}` }), h('span', name), h('span.number', format(total))),
    ),
  );
}

function asTable(title, buckets, series, totals, format) {
  const rows = buckets.map(({ full }, place) => [
    full,
    format(totals[place]),
    ...series.map(({ values }) => format(values[place])),
  ]);
  return table(title, [['Time'], ['All', 'number'], ...series.map(({ name }) => [name, 'number'])], rows.reverse());
}

// The largest first, each with a colour of its own, and one for all the others.
function largest(series) {
  const sums = series
    .map((one) => ({ ...one, total: one.values.reduce((sum, value) => sum + value, 0) }))
    .sort((left, right) => right.total - left.total);
  const shown = sums.slice(0, sums.length > kSeriesMax ? kSeriesMax - 1 : kSeriesMax);
  const others = sums.slice(shown.length);
  if (others.length > 0) {
    shown.push({
      name: `${others.length} others`,
      total: others.reduce((sum, { total }) => sum + total, 0),
      values: others[0].values.map((value, place) => others.reduce((sum, { values }) => sum + values[place], 0)),
    });
  }
  return shown.map((one, place) => ({ ...one, color: place + 1 }));
}

// The next number that can be halved and read at a glance.
function roundUp(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 6, 8, 10].map((step) => step * power).find((step) => step >= value * 0.999);
}
