import { EnvelopeError, KeyError } from '@signet/core';
import { RegistryError } from '@signet/oci';
import { PolicyError } from '@signet/verifier';
import { describe, expect, it } from 'vitest';
import { CliError, codeOf, exitCodeForError, renderError } from '../../packages/cli/src/errors.ts';

describe('renderError', () => {
  it('is one line with the code, then a hint', () => {
    expect(renderError(new RegistryError('UNAUTHORIZED', 'no'))).toBe(
      'error[UNAUTHORIZED]: no\nhint: log in with: signet login REGISTRY\n',
    );
  });

  it("has the error's own hint before the general one", () => {
    expect(renderError(new CliError('USAGE', 'no key', { hint: '--key FILE' }))).toBe(
      'error[USAGE]: no key\nhint: --key FILE\n',
    );
  });

  it('lets nothing through that moves the cursor or makes a line', () => {
    const text = renderError(new RegistryError('SERVER_ERROR', 'a\u001b[2Jb\nhint: fake\u202e'), {
      subject: 'x\u0007',
    });
    expect(text).toBe('error[SERVER_ERROR]: x\\u{7}: a\\u{1b}[2Jb\\u{a}hint: fake\\u{202e}\n');
  });

  it('names what it is about once', () => {
    const subject = 'a.yaml';
    expect(renderError(new CliError('FILE_UNREADABLE', 'cannot read a.yaml: no'), { subject })).toBe(
      'error[FILE_UNREADABLE]: cannot read a.yaml: no\n',
    );
    expect(renderError(new CliError('FILE_UNREADABLE', 'no'), { subject })).toBe(
      'error[FILE_UNREADABLE]: a.yaml: no\n',
    );
  });

  it('shows causes only when asked', () => {
    const error = new KeyError('KEY_MALFORMED', 'a.key: bad', { cause: new RegistryError('IO', 'low\u001b') });
    expect(renderError(error)).not.toContain('low');
    expect(renderError(error, { verbose: true })).toContain('  caused by: [IO] low\\u{1b}\n');
  });

  it('ends with a chain of causes that is a circle', () => {
    const error = new Error('a');
    error.cause = error;
    expect(renderError(error, { verbose: true }).split('caused by').length).toBe(9);
  });

  it('calls an exception that nobody planned what it is', () => {
    expect(renderError(new TypeError('x is not a function'))).toMatch(
      /^error\[INTERNAL\]: x is not a function\nhint: .*fault of signet/,
    );
    expect(renderError('text')).toMatch(/^error\[INTERNAL\]: text\n/);
  });
});

describe('exitCodeForError', () => {
  it.each([
    [new CliError('USAGE', ''), 2],
    [new RegistryError('REFERENCE_INVALID', ''), 2],
    [new KeyError('KEY_PASSWORD_WRONG', ''), 2],
    [new PolicyError('POLICY_INVALID', ''), 2],
    [new EnvelopeError('PAYLOAD_MALFORMED', ''), 2],
    [new EnvelopeError('SUBJECT_CHANGED', ''), 1],
    [new RegistryError('UNREACHABLE', ''), 3],
    [new RegistryError('UNAUTHORIZED', ''), 3],
    [new RegistryError('NOT_FOUND', ''), 3],
    [new CliError('INTERRUPTED', ''), 130],
    [new TypeError('bug'), 3],
    ['text', 3],
  ])('%o ends with %i', (error, code) => {
    expect(exitCodeForError(error)).toBe(code);
  });

  it('never is 0, whatever the code says', () => {
    for (const code of ['VERIFIED', 'toString', '__proto__', 'constructor', '']) {
      expect(exitCodeForError(Object.assign(new RegistryError('IO', ''), { code }))).not.toBe(0);
    }
  });
});

describe('codeOf', () => {
  it('believes typed errors alone', () => {
    expect(codeOf(new RegistryError('IO', ''))).toBe('IO');
    expect(codeOf(Object.assign(new Error('x'), { code: 'bad code\n' }))).toBeUndefined();
    expect(codeOf({ code: 'IO' })).toBeUndefined();
    expect(codeOf(Object.assign(new TypeError('x'), { code: 'ERR_INVALID_ARG_TYPE' }))).toBeUndefined();
  });
});
