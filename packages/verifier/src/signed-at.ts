const pattern = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})\.(\d{3})Z$/;

/**
 * The signing time that a signer claims, in milliseconds since 1970 UTC; undefined for anything but `2026-11-23T09:00:00.120Z` with a real
 * date. A claim: it proves no time. Rule: design.md 4, `dev.signet.signed-at`.
 */
export function parseSignedAt(text: string): number | undefined {
  const [year, month, day, hours, minutes, seconds, ms] = (pattern.exec(text) ?? []).slice(1).map(Number);
  if (year === undefined || month === undefined || day === undefined) return undefined;
  if (hours === undefined || minutes === undefined || seconds === undefined || ms === undefined) return undefined;
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
  if (hours > 23 || minutes > 59 || seconds > 59) return undefined;
  return (daysBefore(year, month) + day - 1) * 86_400_000 + ((hours * 60 + minutes) * 60 + seconds) * 1_000 + ms;
}

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

function daysIn(year: number, month: number): number {
  return month === 2 ? (isLeap(year) ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/** Days from 1970-01-01 to the first of the month, in the Gregorian calendar. */
function daysBefore(year: number, month: number): number {
  const y = year - 1;
  let days = y * 365 + Math.floor(y / 4) - Math.floor(y / 100) + Math.floor(y / 400) - 719_162;
  for (let each = 1; each < month; each += 1) days += daysIn(year, each);
  return days;
}
