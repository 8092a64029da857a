import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signet } from '../support/cli.ts';
import { tempDir } from '../support/temp.ts';
import { type CliWorld, createCliWorld, signReference } from './cli-world.ts';

let world: CliWorld;
let signed: string;
let unsigned: string;
let dir: string;
beforeAll(async () => {
  world = await createCliWorld();
  [signed, unsigned] = await Promise.all([world.push('app:1.0'), world.push('app:unsigned')]);
  await signReference(signed, world.key);
  dir = tempDir();
  const pods = [signed, unsigned].map(
    (image, at) =>
      `apiVersion: v1\nkind: Pod\nmetadata: { name: p${at} }\nspec:\n  containers:\n    - name: app\n      image: ${image}\n`,
  );
  writeFileSync(join(dir, 'pods.yaml'), pods.join('---\n'));
});
afterAll(() => world.server.stop('SIGKILL'));

const verify = (form: string, ...args: readonly string[]) =>
  signet(['verify', '--key', world.pub, '--output', form, ...args], { cwd: dir });

describe('--output github', () => {
  it('annotates the line that names an image which is not verified', async () => {
    const { code, stdout, stderr } = await verify('github', '-f', './pods.yaml');
    const [yes, no, sum, ...more] = stdout.trimEnd().split('\n');
    expect(yes).toBe(`verified: ${signed} (${await world.digestOf(signed)}), ./pods.yaml:7`);
    expect(no).toMatch(/^::error file=pods\.yaml,line=15,col=14,title=signet%3A NO_SIGNATURE::/);
    expect(no).toContain(unsigned);
    expect(sum).toBe('signet: 1 verified, 1 not');
    expect({ code, stderr, more }).toEqual({ code: 1, stderr: '', more: [] });
  });

  it('says that a list broke off, and that a name is none', async () => {
    const input = `${signed}\nNOT/a Ref\n${'x'.repeat(10_000)}`;
    const done = await signet(['verify', '--key', world.pub, '--output', 'github', '-'], { input });
    expect(done.code).not.toBe(0);
    expect(done.stdout).toContain('::error title=signet%3A REFERENCE_INVALID::NOT/a Ref: ');
    expect(done.stdout).toContain('::error title=signet%3A USAGE::the list of images: ');
  });
});

describe('--output azure', () => {
  it('annotates the line that names an image which is not verified', async () => {
    const { code, stdout } = await verify('azure', '-f', 'pods.yaml');
    expect(stdout).toMatch(
      /^##vso\[task\.logissue type=error;sourcepath=pods\.yaml;linenumber=15;columnnumber=14;code=NO_SIGNATURE\]/m,
    );
    expect(code).toBe(1);
  });

  it('ends with 0 where all is verified', async () => {
    expect(await verify('azure', signed)).toMatchObject({
      code: 0,
      stdout: `verified: ${signed} (${await world.digestOf(signed)})\nsignet: 1 verified, 0 not\n`,
    });
  });
});

it("the forms are verify's alone", async () => {
  expect((await signet(['tree', '--output', 'github', signed])).code).toBe(2);
});
