import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { signet } from '../support/cli.ts';
import { tempDir } from '../support/temp.ts';

const podman = JSON.stringify({
  default: [{ type: 'reject' }],
  transports: {
    docker: {
      'docker.io/library': [{ type: 'insecureAcceptAnything' }],
      'reg.example.com': [{ type: 'signedBy', keyType: 'GPGKeys', keyPath: '/k.gpg' }],
    },
  },
});

function policyFile(text: string = podman): string {
  const file = join(tempDir(), 'policy.json');
  writeFileSync(file, text);
  return file;
}

describe('policy convert', () => {
  it('writes the policy to standard output and what was lost to standard error, with its place', async () => {
    const file = policyFile();
    const done = await signet(['policy', 'convert', '--from', 'podman', file]);
    expect(done.code).toBe(0);
    expect(done.stdout).toContain('version: 1');
    expect(done.stdout).toContain('mode: skip');
    expect(done.stderr).toMatch(
      /^lost: .*policy\.json:1:\d+: signedBy: GPG keys .*\(denied\)\n1 lost: 1 denied \(no signature satisfies .*\)\n$/,
    );
  });

  it('says once what lets rules be satisfied that ask for a log entry', async () => {
    const keyed = { type: 'sigstoreSigned', keyPath: '/k.pub', rekorPublicKeyPath: '/r.pub' };
    const scopes = { 'a.example': [keyed], 'b.example': [keyed] };
    const file = policyFile(JSON.stringify({ default: [{ type: 'reject' }], transports: { docker: scopes } }));
    const { stderr } = await signet(['policy', 'convert', '--from', 'podman', file]);
    expect(stderr.match(/^lost: .*\(denied\)$/gm)).toHaveLength(2);
    expect(stderr).toMatch(/\n2 lost: 2 denied \(.*\)\nhint: convert with --allow-without-log .*\n$/);
    const lax = await signet(['policy', 'convert', '--from', 'podman', '--allow-without-log', file]);
    expect(lax.stderr).toMatch(/\n2 lost: 2 laxer\n$/);
    expect(lax.stdout).toContain('require: { any: ["k"] }');
  });

  it('writes a file, once', async () => {
    const out = join(tempDir(), 'policy.yaml');
    const args = ['policy', 'convert', '--from', 'podman', policyFile(), '--out', out];
    expect(await signet(args)).toMatchObject({ code: 0, stdout: `${out}\n` });
    expect(readFileSync(out, 'utf8')).toContain('version: 1');
    expect(await signet(args)).toMatchObject({ code: 2, stderr: expect.stringContaining('error[FILE_EXISTS]') });
    expect((await signet([...args, '--force'])).code).toBe(0);
  });

  it('reads standard input, and answers in JSON', async () => {
    const done = await signet(['policy', 'convert', '--from', 'podman', '-', '-o', 'json'], { input: podman });
    expect(JSON.parse(done.stdout)).toMatchObject({
      policy: expect.stringContaining('version: 1'),
      losses: [{ place: { file: '-', line: 1 }, construct: 'signedBy', effect: 'denied' }],
    });
    expect(done.stderr).toBe('');
  });

  it('refuses what the tool itself would refuse, with the place', async () => {
    const file = policyFile('{"default": [\n{"type": "allow"}]}');
    expect(await signet(['policy', 'convert', '--from', 'podman', file])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^error\[POLICY_INVALID\]: .*policy\.json:2:\d+: /),
    });
  });

  it('takes - for standard output', async () => {
    const done = await signet(['policy', 'convert', '--from', 'podman', policyFile(), '--out', '-'], {
      cwd: tempDir(),
    });
    expect(done).toMatchObject({ code: 0, stdout: expect.stringContaining('version: 1') });
  });

  it('refuses what is not UTF-8, instead of guessing', async () => {
    const file = join(tempDir(), 'policy.json');
    writeFileSync(file, Buffer.from('{"default": [{"type": "reject"}], "x": "\xe4"}', 'latin1'));
    expect(await signet(['policy', 'convert', '--from', 'podman', file])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: `error[POLICY_INVALID]: ${file}:1:1: the file is not UTF-8 text\n`,
    });
  });

  it('needs to know whose policy it is', async () => {
    expect(await signet(['policy', 'convert', policyFile()])).toMatchObject({ code: 2 });
    expect(await signet(['policy', 'convert', '--from', 'other', policyFile()])).toMatchObject({ code: 2 });
  });
});
