// Numbers and times for people. Times of the gateway are local to it and without an offset, so they are shown as they
// are, and reckoned with as if they were UTC.

const kDash = '–';
const decimals = (digits) => new Intl.NumberFormat('en', { maximumFractionDigits: digits });
const kWhole = decimals(0);
const kOne = decimals(1);
const kTwo = decimals(2);
const kShort = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

const absent = (value) => value === null || value === undefined || Number.isNaN(value);

export const count = (value) => (absent(value) ? kDash : kWhole.format(value));
// At most some five characters: 12,345 becomes 12.3K.
export const short = (value) => (absent(value) ? kDash : value < 10_000 ? kWhole.format(value) : kShort.format(value));
export function rate(value) {
  if (absent(value)) return kDash;
  return value >= 10_000
    ? kShort.format(value)
    : value >= 100
      ? kWhole.format(value)
      : value === 0
        ? '0'
        : value >= 10
          ? kOne.format(value)
          : kTwo.format(value);
}
export const percent = (part) =>
  absent(part) ? kDash : part > 0 && part < 0.01 ? '<1 %' : `${kWhole.format(part * 100)} %`;

// Cents as money, less than that with the digits that say something.
export function dollars(value) {
  if (absent(value)) return kDash;
  const size = Math.abs(value);
  const digits = size === 0 || size >= 0.1 ? 2 : Math.min(9, 2 - Math.floor(Math.log10(size)));
  const shown = size.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: digits });
  return `${value < 0 ? '−' : ''}$${shown}`;
}

export function milliseconds(ms) {
  if (absent(ms)) return kDash;
  if (ms < 1) return `${kTwo.format(ms)} ms`;
  if (ms < 1000) return `${ms < 10 ? kOne.format(ms) : kWhole.format(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
  return span(ms / 1000);
}

// A stretch of time: `12 s`, `5 min`, `3 h 20 min`, `4 days`.
export function span(seconds) {
  if (absent(seconds)) return kDash;
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 100) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 100) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 || hours >= 10 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.round(hours / 24)} days`;
}

export function bytes(size) {
  if (absent(size)) return kDash;
  return size < 1000 ? `${size} B` : size < 1e6 ? `${kOne.format(size / 1e3)} KB` : `${kOne.format(size / 1e6)} MB`;
}

// ---- times --------------------------------------------------------------------------------------------

// `2026-11-21T14:05:09` and the like, an offset behind it or not, as milliseconds that only differences are made of.
export const instant = (time) => Date.parse(`${time.slice(0, 19)}Z`);
export const timeOf = (milliseconds) => new Date(milliseconds).toISOString().slice(0, 19);

export const clock = (time) => (time ? time.slice(11, 19) : kDash);
export const minute = (time) => time.slice(11, 16);
const kMonths = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
export const day = (time) => `${Number(time.slice(8, 10))} ${kMonths[Number(time.slice(5, 7)) - 1]}`;

// As short as it can be understood at `now`: `17:40`, `tomorrow 00:00`, `1 Dec 00:00`, `1 Jan 2030`.
export function when(time, now) {
  if (!time) return kDash;
  if (!now || time.slice(0, 4) !== now.slice(0, 4)) return `${day(time)} ${time.slice(0, 4)}`;
  if (time.slice(0, 10) === now.slice(0, 10)) return minute(time);
  const isTomorrow = time.slice(0, 10) === timeOf(instant(now) + 86_400_000).slice(0, 10);
  return `${isTomorrow ? 'tomorrow' : day(time)} ${minute(time)}`;
}

export const plural = (number, one, many = `${one}s`) => `${count(number)} ${number === 1 ? one : many}`;
