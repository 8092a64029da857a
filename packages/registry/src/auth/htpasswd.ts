import { createHmac, randomBytes } from 'node:crypto';
import { compare as bcryptCompare } from 'bcryptjs';
import { ApiError, RegistryStartError } from '../errors.ts';

/** Accounts of an htpasswd file. */
export interface Accounts {
  /** Whether this user has this password. @throws {ApiError} TOOMANYREQUESTS when too many are being checked */
  verify(user: string, password: string): Promise<boolean>;
}

type Compare = (password: string, hash: string) => Promise<boolean>;

const hashPattern = /^\$2[aby]\$(?:0[4-9]|1[0-6])\$[./A-Za-z0-9]{53}$/;
/** Salt of nobody, with an end that no password gives. */
const nobody = { salt: '$2b$10$CwTycUXWue0Thq9StjUM0u', end: '.'.repeat(31) };
const maxRemembered = 256;
const rememberMs = 5 * 60 * 1000;
/** Beyond these, checks in flight are refused rather than queued. */
const maxChecks = 64;

/**
 * Reads the lines `user:hash` of an htpasswd file; blank lines and `#` comments are skipped.
 * `compare`: bcrypt's own, unless somebody counts its runs.
 * @throws {RegistryStartError} HTPASSWD_INVALID for a hash that is not bcrypt of cost 4 to 16, and where no account is left
 */
export function parseHtpasswd(text: string, compare: Compare = bcryptCompare): Accounts {
  const hashes = new Map<string, string>();
  for (const [at, line] of text.split('\n').entries()) {
    const entry = line.trim();
    if (entry === '' || entry.startsWith('#')) continue;
    const colon = entry.indexOf(':');
    const hash = entry.slice(colon + 1);
    if (colon < 1 || !hashPattern.test(hash)) {
      throw new RegistryStartError(
        'HTPASSWD_INVALID',
        `line ${at + 1} is not user:<bcrypt hash> (htpasswd -B makes one)`,
      );
    }
    hashes.set(entry.slice(0, colon), hash);
  }
  if (hashes.size === 0)
    throw new RegistryStartError('HTPASSWD_INVALID', 'no account in it: nobody could log in (htpasswd -B makes one)');
  return createAccounts(hashes, compare);
}

/**
 * Verified passwords are remembered for five minutes as a keyed hash, and equal checks share one run: a bcrypt takes some
 * 50 ms of this one thread.
 */
function createAccounts(hashes: ReadonlyMap<string, string>, compare: Compare): Accounts {
  const secret = randomBytes(32);
  // Checking an unknown user takes as long as checking the first known one.
  const nobodysHash = `${hashes.values().next().value?.slice(0, 29) ?? nobody.salt}${nobody.end}`;
  const remembered = new Map<string, number>();
  const running = new Map<string, Promise<boolean>>();

  const check = async (user: string, password: string, key: string): Promise<boolean> => {
    const hash = hashes.get(user);
    const matches = await compare(password, hash ?? nobodysHash);
    if (hash === undefined || !matches) return false;
    remembered.set(key, performance.now() + rememberMs);
    const oldest = remembered.keys().next().value;
    if (remembered.size > maxRemembered && oldest !== undefined) remembered.delete(oldest);
    return true;
  };
  return {
    async verify(user, password) {
      // bcrypt reads 72 bytes: what lies beyond would not count.
      if (Buffer.byteLength(password) > 72) return false;
      const key = createHmac('sha256', secret).update(`${user.length}:${user}${password}`).digest('base64');
      const until = remembered.get(key);
      if (until !== undefined && until > performance.now()) return true;
      const known = running.get(key);
      if (known !== undefined) return known;
      if (running.size >= maxChecks) throw tooMany();
      const checking = check(user, password, key).finally(() => running.delete(key));
      running.set(key, checking);
      return checking;
    },
  };
}

function tooMany(): ApiError {
  return new ApiError(429, 'TOOMANYREQUESTS', 'too many passwords are being checked', {
    headers: { 'Retry-After': '5' },
  });
}
