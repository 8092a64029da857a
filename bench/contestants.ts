import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { signetProgram } from '../test/support/cli.ts';
import { needPeer } from '../test/support/peer-paths.ts';
import { runOk } from '../test/support/process.ts';

/** A call of a program, ready to run. */
export interface Call {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly input?: string;
}

/**
 * Who is measured: the programs, each with the signatures of its own; and Signet with those of the Notary Project: under notation's own policy
 * (`signet notary`), under one of Signet's with the same certificates (`signet x509`), and with what notation signed (`signet on theirs`).
 */
export type ContestantName = 'signet' | 'cosign' | 'notation' | NotaryContestant;

/** Those that are Signet with the Notary format. */
export type NotaryContestant = 'signet notary' | 'signet x509' | 'signet on theirs';

/** One of those that are measured side by side: how it signs and verifies references with its key. */
export interface Contestant {
  readonly name: ContestantName;
  /** It signs nothing: it verifies what that one has signed. */
  readonly signedBy?: ContestantName;
  /** One reference, one process. */
  sign(reference: string): Call;
  verify(reference: string): Call;
  /** Many references in the way that this program does best. */
  signMany(references: readonly string[]): Call;
  verifyMany(references: readonly string[]): Call;
}

const password = 'bench';

/**
 * Makes keys in `dir` and gives the programs set up with them. Signet and cosign sign with the same encrypted P-256 key file, so both pay for
 * its key derivation; notation signs with the RSA-2048 test key that it makes itself, unencrypted (it knows no other), and so does Signet where it
 * signs as notation does: key, certificate, trust store and policy are those of the one folder.
 * @throws {HarnessError} where a peer is missing or refuses.
 */
export async function contestants(dir: string): Promise<readonly Contestant[]> {
  const env = {
    HOME: dir,
    XDG_CONFIG_HOME: join(dir, 'config'),
    COSIGN_PASSWORD: password,
    NODE_COMPILE_CACHE: join(dir, 'cache'),
  };
  await mkdir(env.XDG_CONFIG_HOME, { recursive: true });
  const cosign = needPeer('cosign');
  const notation = needPeer('notation');
  await runOk(cosign, ['generate-key-pair', '--output-key-prefix', join(dir, 'bench')], { env, cwd: dir });
  await runOk(notation, ['cert', 'generate-test', '--default', 'bench'], { env });
  await writeFile(join(dir, 'policy.json'), JSON.stringify(notationPolicy));
  await runOk(notation, ['policy', 'import', join(dir, 'policy.json')], { env });
  await writeFile(join(dir, 'policy.yaml'), nativePolicy);
  return [signetWith(dir, env), cosignWith(cosign, dir, env), notationWith(notation, env), ...notaryWith(dir, env)];
}

type Env = Call['env'];

function signetWith(dir: string, env: Env): Contestant {
  const sign = ['--key', join(dir, 'bench.key')];
  return { name: 'signet', ...signetCalls(env, { sign, verify: ['--key', join(dir, 'bench.pub')] }) };
}

/** Signet with notation's folder. Two of them sign nothing: how they sign is how the first does. */
function notaryWith(dir: string, env: Env): readonly Contestant[] {
  const sign = ['--format', 'notary', '--key-name', 'bench'];
  const byTheirs = signetCalls(env, { sign, verify: ['--policy', 'notation'] });
  const byOwn = signetCalls(env, { sign, verify: ['--policy', join(dir, 'policy.yaml')] });
  return [
    { name: 'signet notary', ...byTheirs },
    { name: 'signet x509', signedBy: 'signet notary', ...byOwn },
    { name: 'signet on theirs', signedBy: 'notation', ...byTheirs },
  ];
}

function signetCalls(
  env: Env,
  options: { readonly sign: readonly string[]; readonly verify: readonly string[] },
): Omit<Contestant, 'name'> {
  const many =
    (verb: 'sign' | 'verify') =>
    (references: readonly string[]): Call => ({
      command: process.execPath,
      args: [signetProgram, verb, ...options[verb], ...references],
      env,
    });
  const [signMany, verifyMany] = [many('sign'), many('verify')];
  return { signMany, verifyMany, sign: (one) => signMany([one]), verify: (one) => verifyMany([one]) };
}

function cosignWith(command: string, dir: string, env: Env): Contestant {
  const signArgs = ['sign', '-y', '--key', join(dir, 'bench.key'), '--tlog-upload=false', '--use-signing-config=false'];
  const verifyArgs = ['verify', '--key', join(dir, 'bench.pub'), '--insecure-ignore-tlog'];
  const signMany = (references: readonly string[]): Call => ({ command, args: [...signArgs, ...references], env });
  const verifyMany = (references: readonly string[]): Call => ({ command, args: [...verifyArgs, ...references], env });
  return { name: 'cosign', signMany, verifyMany, sign: (one) => signMany([one]), verify: (one) => verifyMany([one]) };
}

/** notation takes one reference a call (it ignores the others), so many are four processes side by side. */
function notationWith(command: string, env: Env): Contestant {
  const one = (verb: string, reference: string): Call => ({
    command,
    args: [verb, '--insecure-registry', reference],
    env,
  });
  const many = (verb: string, processes: number, references: readonly string[]): Call => {
    const args = [`-P${processes}`, '-n1', command, verb, '--insecure-registry'];
    return { command: 'xargs', args, env, input: references.join('\n') };
  };
  return {
    name: 'notation',
    sign: (reference) => one('sign', reference),
    verify: (reference) => one('verify', reference),
    signMany: (references) => many('sign', 1, references),
    verifyMany: (references) => many('verify', 4, references),
  };
}

const notationPolicy = {
  version: '1.0',
  trustPolicies: [
    {
      name: 'bench',
      registryScopes: ['*'],
      signatureVerification: { level: 'strict' },
      trustStores: ['ca:bench'],
      trustedIdentities: ['*'],
    },
  ],
};

/** Signet's policy that trusts the same certificates as {@link notationPolicy}. */
const nativePolicy = `version: 1
trust:
  bench:
    x509:
      ca: [config/notation/truststore/x509/ca/bench/]
      identities: ["*"]
rules:
  - images: ["**"]
    require: bench
`;
