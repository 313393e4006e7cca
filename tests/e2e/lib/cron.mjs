// Reset times for `period_cron`, reckoned from now so that no test meets one, whenever it is run.

// Once a year, some four months from now.
export const kYearly = `0 0 1 ${(new Date().getUTCMonth() + 4) % 12 + 1} *`;

// Daily at the full minute that comes within the last minute of that time; for a gateway with TZ=UTC.
export function dailyIn(minutes) {
  const time = new Date(Date.now() + minutes * 60_000);
  return `${time.getUTCMinutes()} ${time.getUTCHours()} * * *`;
}
