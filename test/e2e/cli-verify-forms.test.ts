import { readFileSync } from 'node:fs';
import { DOMParser } from '@xmldom/xmldom';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signet } from '../support/cli.ts';
import { type CliWorld, createCliWorld, signReference } from './cli-world.ts';

let world: CliWorld;
let signed: string;
let unsigned: string;
beforeAll(async () => {
  world = await createCliWorld();
  [signed, unsigned] = await Promise.all([world.push('app:1.0'), world.push('app:unsigned')]);
  await signReference(signed, world.key);
});
afterAll(() => world.server.stop('SIGKILL'));

// The schema is of JSON Schema's draft 4; these two names are all that Ajv does not know of it.
const {
  id: _id,
  $schema: _draft,
  ...sarifSchema
} = JSON.parse(readFileSync(new URL('../verifier/report/fixtures/sarif-2.1.0.json', import.meta.url), 'utf8'));
const validate = new Ajv({ strict: false, validateFormats: false }).compile(sarifSchema);

const verify = (form: string, ...args: readonly string[]) =>
  signet(['verify', '--key', world.pub, '--output', form, ...args]);

describe('--output sarif', () => {
  it('is one valid document about what is not verified', async () => {
    const done = await verify('sarif', signed, unsigned, `${world.host}/app:missing`);
    expect(done).toMatchObject({ code: 1, stderr: '' });
    const log = JSON.parse(done.stdout);
    expect(validate(log) || validate.errors).toBe(true);
    expect(log.runs[0].results).toMatchObject([
      { ruleId: 'NO_SIGNATURE', level: 'error', properties: { reference: unsigned, verdict: 'denied' } },
      { ruleId: 'UNRESOLVED', level: 'error', properties: { verdict: 'undecided' } },
    ]);
  });

  it('says that a list broke off, and holds what came before', async () => {
    const input = `${unsigned}\nNOT/a Ref\n${'x'.repeat(10_000)}`;
    const done = await signet(['verify', '--key', world.pub, '--output', 'sarif', '-'], { input });
    expect(done.code).toBe(1);
    const [run] = JSON.parse(done.stdout).runs;
    expect(run.results).toHaveLength(1);
    expect(run.invocations[0]).toMatchObject({
      executionSuccessful: false,
      toolExecutionNotifications: [{ descriptor: { id: 'REFERENCE_INVALID' } }, { descriptor: { id: 'USAGE' } }],
    });
  });
});

describe('--output junit', () => {
  it('is one document of a case for each image', async () => {
    const done = await verify('junit', signed, unsigned, `${world.host}/app:missing`);
    expect(done).toMatchObject({ code: 1, stderr: '' });
    const document = new DOMParser().parseFromString(done.stdout, 'text/xml');
    const cases = [...document.getElementsByTagName('testcase')];
    expect(cases.map((each) => each.getAttribute('name'))).toEqual([signed, unsigned, `${world.host}/app:missing`]);
    expect(document.getElementsByTagName('failure')[0]?.getAttribute('type')).toBe('NO_SIGNATURE');
    expect(document.getElementsByTagName('error')[0]?.getAttribute('type')).toBe('UNRESOLVED');
  });
});

describe('an unknown form', () => {
  it("is refused, and those of verify are no other command's", async () => {
    expect((await verify('xml', signed)).code).toBe(2);
    expect((await signet(['tree', '--output', 'sarif', signed])).code).toBe(2);
  });
});

describe('--wait', () => {
  it('sees the image and its signature that come meanwhile', async () => {
    const late = `${world.host}/late:1`;
    const waiting = verify('json', '--wait', '60s', '--verbose', late);
    await world.push('late:1');
    await signReference(late, world.key);
    const done = await waiting;
    expect(done.code).toBe(0);
    expect(JSON.parse(done.stdout)).toMatchObject({ verdict: 'verified', reference: late });
  });

  it('asks again where there is no signature yet, and says so', async () => {
    const bare = await world.push('bare:1');
    const done = await verify('json', '--wait', '1200ms', '--verbose', bare);
    expect(done.code).toBe(1);
    expect(JSON.parse(done.stdout)).toMatchObject({ code: 'NO_SIGNATURE' });
    expect(done.stderr).toMatch(/bare:1: NO_SIGNATURE, asked again in [01]\.\d s\n/);
    expect(done.stdout.trim().split('\n')).toHaveLength(1);
  });

  it('does not wait for what is decided', async () => {
    const done = await verify('json', '--wait', '1h', signed);
    expect(done).toMatchObject({ code: 0, stderr: '' });
  });
});
