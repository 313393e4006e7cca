// Numbers and times as people read them (web/format.js).
import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { dashboard } from './lib/dashboard.mjs';

const kNow = '2026-11-21T14:05:09';

const kRows = [
  ['count', [1234567], '1,234,567'],
  ['count', [null], '–'],
  ['short', [9999], '9,999'],
  ['short', [12345], '12.3K'],
  ['short', [2e6], '2M'],
  ['rate', [0], '0'],
  ['rate', [0.256], '0.26'],
  ['rate', [12.34], '12.3'],
  ['rate', [1234.5], '1,235'],
  ['percent', [0.5], '50 %'],
  ['percent', [0.004], '<1 %'],
  ['percent', [0], '0 %'],
  ['dollars', [0], '$0.00'],
  ['dollars', [12.5], '$12.50'],
  ['dollars', [1234.567], '$1,234.57'],
  ['dollars', [0.00412], '$0.00412'],
  ['dollars', [0.000000001], '$0.000000001'],
  ['dollars', [-3], '−$3.00'],
  ['dollars', [null], '–'],
  ['milliseconds', [0.412], '0.41 ms'],
  ['milliseconds', [999], '999 ms'],
  ['milliseconds', [1234], '1.23 s'],
  ['milliseconds', [12345], '12.3 s'],
  ['milliseconds', [120000], '2 min'],
  ['span', [59], '59 s'],
  ['span', [3600], '60 min'],
  ['span', [12000], '3 h 20 min'],
  ['span', [86400 * 9], '9 days'],
  ['bytes', [999], '999 B'],
  ['bytes', [4120], '4.1 KB'],
  ['clock', ['2026-11-21T14:05:09+01:00'], '14:05:09'],
  ['when', ['2026-11-21T17:40:00', kNow], '17:40'],
  ['when', ['2026-11-22T00:00:00', kNow], 'tomorrow 00:00'],
  ['when', ['2026-12-01T00:00:00', kNow], '1 Dec 00:00'],
  ['when', ['2030-01-01T00:00:00+00:00', kNow], '1 Jan 2030'],
  ['when', [null, kNow], '–'],
  ['plural', [1, 'switch', 'switches'], '1 switch'],
  ['plural', [2, 'switch', 'switches'], '2 switches'],
];

describe('dashboard: words', () => {
  // Far from the gateway's own zone, since its times are shown as they are.
  for (const timezoneId of ['UTC', 'Pacific/Auckland', 'America/Los_Angeles']) {
    dashboard(`numbers and times are short and right, in ${timezoneId}`, { timezoneId }, async ({ page }) => {
      const said = await page.evaluate(async (rows) => {
        const format = await import('/dashboard/format.js');
        return rows.map(([name, args]) => format[name](...args));
      }, kRows);
      kRows.forEach(([name, args, want], place) => assert.equal(said[place], want, `${name}(${args})`));
    });
  }
});
