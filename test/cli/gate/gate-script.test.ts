import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gateScript, readGateScript } from '../../../packages/cli/src/gate/gate-script.ts';
import { tempDir } from '../../support/temp.ts';

describe('the script that containerd runs', () => {
  it('is read as it was written', () => {
    const path = fc.string({ minLength: 1 }).filter((text) => !/[\n\0]/.test(text));
    fc.assert(
      fc.property(path, path, (policy, server) => {
        const script = gateScript(
          ['/usr/bin/node', '/s'],
          ['--policy', policy, '--server', server, '--timeout', '5000ms'],
        );
        expect(readGateScript(script)).toEqual({ policy, server, timeoutMs: 5000 });
      }),
    );
  });

  it('may be written by hand, and may be none', () => {
    expect(readGateScript('#!/bin/sh\nexec signet gate containerd --policy /p -- "$@"\n')).toEqual({ policy: '/p' });
    expect(readGateScript('#!/bin/sh\n# signet gate containerd\nexec other "$@"\n')).toBeUndefined();
    expect(readGateScript('')).toBeUndefined();
  });

  it.runIf(process.platform !== 'win32')('hands every word over as it is', () => {
    const file = join(tempDir(), 'script');
    const awkward = `/a b/'c'/$(d)/"e"/\\f`;
    writeFileSync(file, gateScript(['printf', '%s\\n'], ['--policy', awkward]));
    const said = execFileSync('/bin/sh', [file, '-name', `x'y z`], { encoding: 'utf8' }).split('\n');
    expect(said).toEqual(['gate', 'containerd', '--policy', awkward, '--', '-name', `x'y z`, '']);
  });
});
