import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runOk } from './process.ts';

/** A certificate with its key, as files and as PEM text. */
export interface IssuedCertificate {
  readonly certFile: string;
  readonly keyFile: string;
  readonly cert: string;
  readonly key: string;
}

/** What to put into a certificate: DNS names and IP addresses of a server, or `client` for a client's. */
export interface IssueRequest {
  readonly commonName?: string;
  readonly hosts?: readonly string[];
  readonly client?: boolean;
  /** Default 2 days. */
  readonly days?: number;
}

/** A certificate authority made for one test run by openssl (P-256). Its folder goes with `remove`. */
export interface TestCa {
  readonly dir: string;
  readonly caFile: string;
  readonly ca: string;
  issue(request?: IssueRequest): Promise<IssuedCertificate>;
  remove(): Promise<void>;
}

const newKey: readonly string[] = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** Makes a new test CA in a temporary folder. @throws {HarnessError} where openssl is missing or refuses. */
export async function createTestCa(commonName = 'Signet test CA'): Promise<TestCa> {
  const dir = await mkdtemp(join(tmpdir(), 'signet-ca-'));
  const caFile = join(dir, 'ca.pem');
  const caKey = join(dir, 'ca.key');
  const usage = ['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign,cRLSign'];
  const names = ['-subj', `/CN=${commonName}`, '-days', '2', '-keyout', caKey, '-out', caFile];
  await runOk('openssl', ['req', '-x509', ...newKey, ...names, ...usage]);
  let issued = 0;
  return {
    dir,
    caFile,
    ca: await readFile(caFile, 'utf8'),
    issue: (request = {}) => {
      issued += 1;
      return issue({ stem: join(dir, `leaf-${issued}`), caFile, caKey }, request);
    },
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}

interface Issuer {
  readonly stem: string;
  readonly caFile: string;
  readonly caKey: string;
}

async function issue(issuer: Issuer, request: IssueRequest): Promise<IssuedCertificate> {
  const { commonName = 'signet-test', hosts = ['localhost', '127.0.0.1'], client = false, days = 2 } = request;
  const { stem, caFile, caKey } = issuer;
  const certFile = `${stem}.pem`;
  const keyFile = `${stem}.key`;
  await runOk('openssl', ['req', ...newKey, '-subj', `/CN=${commonName}`, '-keyout', keyFile, '-out', `${stem}.csr`]);
  await writeFile(`${stem}.ext`, extensions(hosts, client));
  const sign = ['-req', '-in', `${stem}.csr`, '-CA', caFile, '-CAkey', caKey, '-CAcreateserial', '-days', `${days}`];
  await runOk('openssl', ['x509', ...sign, '-extfile', `${stem}.ext`, '-out', certFile]);
  return { certFile, keyFile, cert: await readFile(certFile, 'utf8'), key: await readFile(keyFile, 'utf8') };
}

function extensions(hosts: readonly string[], client: boolean): string {
  const names = hosts.map((host) => (/^[\d.]+$|:/.test(host) ? `IP:${host}` : `DNS:${host}`));
  return [
    'basicConstraints=critical,CA:FALSE',
    'keyUsage=critical,digitalSignature',
    `extendedKeyUsage=${client ? 'clientAuth' : 'serverAuth'}`,
    ...(client ? [] : [`subjectAltName=${names.join(',')}`]),
    '',
  ].join('\n');
}
