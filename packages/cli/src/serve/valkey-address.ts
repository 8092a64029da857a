import { isAbsolute } from 'node:path';
import type { ValkeyAddress } from '@signet/admission';
import { CliError } from '../errors.ts';

/** What `--valkey` names. */
export interface NamedValkey {
  readonly address: ValkeyAddress;
  readonly user?: string;
}

const schemes: Readonly<Record<string, boolean>> = {
  'valkey:': false,
  'redis:': false,
  'valkeys:': true,
  'rediss:': true,
};
const wanted = 'valkey://[USER@]HOST[:PORT][/DATABASE], valkeys://… with TLS, or unix:/PATH';

/**
 * `valkey://[USER@]HOST[:PORT][/DATABASE]`, with TLS `valkeys://…`; `redis://` and `rediss://` are the same; a socket is `unix:/PATH`.
 * @throws {CliError} USAGE
 */
export function parseValkey(text: string): NamedValkey {
  if (text.startsWith('unix:')) {
    const path = text.slice('unix:'.length);
    if (!isAbsolute(path)) throw refused(text, 'the path of a socket is absolute');
    return { address: { kind: 'socket', path, database: 0 } };
  }
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const usesTls = url === undefined ? undefined : schemes[url.protocol];
  if (url === undefined || usesTls === undefined || url.hostname === '') throw refused(text, `${wanted} is wanted`);
  if (url.password !== '')
    throw new CliError('USAGE', '--valkey has a password in it, which others can see', {
      hint: 'put it into a file: --valkey-password-file FILE',
    });
  const [, database = '0'] = /^\/(\d{1,4})$/.exec(url.pathname) ?? [];
  if (!/^(?:\/\d{0,4})?$/.test(url.pathname) || url.search !== '' || url.hash !== '')
    throw refused(text, 'nothing but the number of a database can follow the host');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port === '' ? 6379 : Number(url.port);
  return {
    address: { kind: 'tcp', host, port, usesTls, database: Number(database) },
    ...(url.username === '' ? {} : { user: decodeURIComponent(url.username) }),
  };
}

function refused(text: string, why: string): CliError {
  return new CliError('USAGE', `--valkey ${JSON.stringify(text.slice(0, 200))}: ${why}`);
}
