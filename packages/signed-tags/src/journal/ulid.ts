/** Crockford's base 32. Rule: ULID specification. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const pattern = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;
const timeLength = 10;
const randomLength = 16;

/** A new ULID: 48 bits of time (milliseconds since 1970 UTC) and 80 of dice. `random`: from 0 up to, not including, 1. */
export function newUlid(nowMs: number, random: () => number): string {
  let [time, rest] = ['', nowMs];
  for (let at = 0; at < timeLength; at += 1) {
    time = `${alphabet[rest % 32]}${time}`;
    rest = Math.floor(rest / 32);
  }
  return time + Array.from({ length: randomLength }, () => alphabet[Math.floor(random() * 32)]).join('');
}

/** Whether the text is one. */
export function isUlid(text: string): boolean {
  return pattern.test(text);
}

/** Milliseconds since 1970 UTC that a ULID claims. */
export function timeOfUlid(ulid: string): number {
  return [...ulid.slice(0, timeLength)].reduce((time, letter) => time * 32 + alphabet.indexOf(letter), 0);
}

/** The ULIDs in a list divided by commas; anything else in it is nothing. */
export function ulidsIn(list: string): readonly string[] {
  return list.split(',').filter(isUlid);
}
