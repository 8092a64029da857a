import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { MadeCertificate } from './certificates.ts';
import { run, type StartedProcess, startProcess } from './process.ts';

/** What openssl's files say of a certificate; `serial`: hex of whole bytes. */
export interface IndexLine {
  readonly serial: string;
  readonly status: 'good' | 'revoked';
  /** As openssl names it. */
  readonly reason?: string;
}

/** An issuer's database in openssl's form. Times in it are years away from any run of the tests, but for the revocation's. */
export function writeIndex(dir: string, lines: readonly IndexLine[]): string {
  const path = join(dir, 'index.txt');
  const line = ({ serial, status, reason }: IndexLine): string => {
    const revoked = status === 'revoked' ? `200102030405Z${reason === undefined ? '' : `,${reason}`}` : '';
    return `${[status === 'revoked' ? 'R' : 'V', '491231000000Z', revoked, serial.toUpperCase(), 'unknown', '/CN=x'].join('\t')}\n`;
  };
  writeFileSync(path, lines.map(line).join(''));
  writeFileSync(`${path}.attr`, 'unique_subject = no\n');
  return path;
}

/** How openssl's responder is to answer. */
export interface ResponderOptions {
  readonly dir: string;
  readonly index: string;
  readonly issuer: MadeCertificate;
  /** Who signs; the issuer by default. */
  readonly signer?: MadeCertificate;
  readonly more?: readonly string[];
}

/** openssl's OCSP responder on a port of its own. */
export async function startOpensslResponder(
  options: ResponderOptions,
): Promise<StartedProcess & { readonly url: string }> {
  const { dir, index, issuer, signer = issuer, more = ['-nmin', '10'] } = options;
  const file = (name: string, text: string): string => {
    writeFileSync(join(dir, name), text);
    return join(dir, name);
  };
  const files = [
    '-CA',
    file('issuer.pem', issuer.pem),
    '-rsigner',
    file('signer.pem', signer.pem),
    '-rkey',
    file('signer-key.pem', signer.keyPem),
  ];
  const args = ['ocsp', '-port', '0', '-index', index, ...files, ...more];
  const started = await startProcess('openssl', args, { ready: /ACCEPT \S*?:(\d+)\b/ });
  return { ...started, url: `http://127.0.0.1:${started.match[1]}` };
}

/** A base list as `openssl ca -gencrl` makes it of an index, in DER. `validSeconds` from now. */
export async function opensslCrl(
  dir: string,
  {
    index,
    issuer,
    validSeconds,
  }: { readonly index: string; readonly issuer: MadeCertificate; readonly validSeconds: number },
): Promise<string> {
  const path = (name: string): string => join(dir, name);
  writeFileSync(path('ca.pem'), issuer.pem);
  writeFileSync(path('ca-key.pem'), issuer.keyPem);
  writeFileSync(path('crlnumber'), '05\n');
  const config = [
    '[ca]',
    'default_ca = one',
    '[one]',
    `database = ${index}`,
    `crlnumber = ${path('crlnumber')}`,
    'default_md = sha256',
    'crl_extensions = crl',
    '[crl]',
    'authorityKeyIdentifier = keyid:always',
  ];
  writeFileSync(path('ca.cnf'), `${config.join('\n')}\n`);
  const args = ['ca', '-gencrl', '-config', path('ca.cnf'), '-cert', path('ca.pem'), '-keyfile', path('ca-key.pem')];
  const made = await run('openssl', [...args, '-crlsec', String(validSeconds), '-out', path('crl.pem')]);
  const turned = await run('openssl', ['crl', '-in', path('crl.pem'), '-outform', 'DER', '-out', path('crl.der')]);
  if (made.code !== 0 || turned.code !== 0) throw new RangeError(made.stderr + turned.stderr);
  return path('crl.der');
}
