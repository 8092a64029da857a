import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { PolicyError } from '@signet/verifier';
import { describe, expect, it } from 'vitest';
import { readPolicy } from '../../../packages/cli/src/policy/load.ts';
import { makeCertificate } from '../../support/certificates.ts';
import { tempDir } from '../../support/temp.ts';
import { createWorld } from '../world.ts';

interface Files {
  readonly folder: string;
  readonly policy: string;
}

/** A folder of notation's with one store, `acme`. */
function filesWith(text: string): Files {
  const folder = tempDir();
  const store = join(folder, 'truststore/x509/ca/acme');
  mkdirSync(store, { recursive: true });
  writeFileSync(join(store, 'root.crt'), makeCertificate({ profile: 'ca' }).pem);
  const policy = join(folder, 'trustpolicy.json');
  writeFileSync(policy, text);
  return { folder, policy };
}

const statement = (name: string, scope: string, identity = '*'): object => ({
  name,
  registryScopes: [scope],
  signatureVerification: { level: 'strict' },
  trustStores: ['ca:acme'],
  trustedIdentities: [identity],
});

const text = (...statements: readonly object[]): string =>
  JSON.stringify({ version: '1.0', trustPolicies: statements }, undefined, 2);

/** The line of the brace before a statement's name, from 1. */
const lineOf = (content: string, name: string): number =>
  content.split('\n').findIndex((line) => line.includes(`"name": "${name}"`));

describe("a policy of notation's", () => {
  it('has its rules where its statements stand, in its own file', async () => {
    const content = text(
      statement('first', 'a.example/x'),
      {
        ...statement('none', 'c.example/x'),
        signatureVerification: { level: 'skip' },
        trustStores: [],
        trustedIdentities: [],
      },
      statement('second', '*'),
    );
    const { policy } = filesWith(content);
    const { ruleList } = await readPolicy(policy, {}, createWorld());
    expect(ruleList.map(({ name, place }) => [name, place?.file, place?.line])).toEqual(
      ['first', 'none', 'second'].map((name) => [name, policy, lineOf(content, name)]),
    );
  });

  it('has its faults there, too', async () => {
    const content = text(
      statement('first', 'a.example/x'),
      statement('second', '*', 'x509.subject:C=US,ST=WA,O=A,O=B'),
    );
    const { policy } = filesWith(content);
    const error = await readPolicy(policy, {}, createWorld()).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(PolicyError);
    expect(error).toMatchObject({ place: { file: policy, line: lineOf(content, 'second') } });
  });

  it('is read with its stores by any path to it, and each certificate once', async () => {
    const { policy, folder } = filesWith(text(statement('all', '*')));
    const read: string[] = [];
    const { revision } = await readPolicy(policy, {}, createWorld(), (path) => read.push(path));
    const store = join(folder, 'truststore/x509/ca/acme');
    expect(read).toEqual([policy, store, join(store, 'root.crt')]);
    const near = relative(process.cwd(), policy);
    expect((await readPolicy(near, {}, createWorld())).ruleList).toHaveLength(1);
    const trustStore = relative(process.cwd(), join(folder, 'truststore'));
    expect((await readPolicy(policy, { trustStore }, createWorld())).revision).toBe(revision);
    const elsewhere = await readPolicy(policy, { trustStore: folder }, createWorld());
    expect(elsewhere.ruleList).toMatchObject([{ require: { of: [] } }]);
  });
});
