import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { signet, startSignet } from '../support/cli.ts';
import { tempDir } from '../support/temp.ts';

describe('demo', () => {
  it('shows the whole way, again and again, and leaves nothing behind', async () => {
    const TMPDIR = tempDir();
    for (let round = 0; round < 2; round++) {
      const { code, stdout, stderr } = await signet(['demo'], { env: { TMPDIR } });
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout.match(/^ +verified/gm)?.length).toBeGreaterThanOrEqual(4);
      expect(stdout.match(/^ +denied +.*(NO_SIGNATURE|NOT_TRUSTED|TAG_MISMATCH)$/gm)).toHaveLength(3);
      expect(stdout).toContain('All steps came out as they should');
      expect(stdout).not.toContain('\u001b');
    }
    expect(readdirSync(TMPDIR).filter((name) => name.startsWith('signet-'))).toEqual([]);
  });

  it('keeps its registries open when asked, and cleans up on SIGTERM', async () => {
    const TMPDIR = tempDir();
    const demo = await startSignet(['demo', '--keep'], {
      ready: /another terminal:\s+signet verify --key (\S+) (127\S+app:1\.0)\n(?:.*\n)*.*cosign verify/,
      env: { TMPDIR },
    });
    onTestFinished(() => demo.stop('SIGKILL'));
    const [, key = '', reference = ''] = demo.match;
    expect((await signet(['verify', '--key', key, reference])).code).toBe(0);
    const ended = new Promise((resolve) => demo.child.on('exit', resolve));
    demo.child.kill('SIGTERM');
    expect(await ended).toBe(0);
    expect(existsSync(key)).toBe(false);
  });

  it('fails where it finds no place', async () => {
    const { code, stderr } = await signet(['demo'], { env: { TMPDIR: import.meta.filename } });
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/^error\[/);
  });
});
