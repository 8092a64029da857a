const pattern =
  /^(\d{4})-(\d{2})-(\d{2})T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d{1,9}))?(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))$/;

/** Milliseconds since 1970 UTC of a time as RFC 3339 writes it, with an offset or fractions too; undefined for anything else. */
export function parseRfc3339(text: string): number | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const days = daysSince1970(year, month, day);
  if (days === undefined) return undefined;
  const [fraction = '', sign, offsetHour = '0', offsetMinute = '0'] = match.slice(7);
  const offset = (Number(offsetHour) * 60 + Number(offsetMinute)) * (sign === '-' ? -1 : 1);
  const minutes = (days * 24 + hour) * 60 + minute - offset;
  return (minutes * 60 + second) * 1000 + Math.floor(Number(`0.${fraction || '0'}`) * 1000);
}

/** Undefined for a day that its month does not have. */
function daysSince1970(year: number, month: number, day: number): number | undefined {
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  const lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  const length = lengths[month - 1];
  if (length === undefined || day < 1 || day > length) return undefined;
  const leaps = (before: number): number =>
    Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400);
  const days = lengths.slice(0, month - 1).reduce((sum, each) => sum + each, day - 1);
  return (year - 1970) * 365 + leaps(year - 1) - leaps(1969) + days;
}
