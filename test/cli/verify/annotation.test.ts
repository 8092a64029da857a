import type { ResultEntry } from '@signet/verifier';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Annotation,
  type AnnotationForm,
  annotationLine,
  toAnnotation,
} from '../../../packages/cli/src/verify/annotation.ts';

const denied = {
  kind: 'report',
  verdict: 'denied',
  code: 'NO_SIGNATURE',
  allowed: false,
  summary: 'no signature was found',
  remedy: 'sign it: `signet sign`',
} as const;
const entry = (outcome: ResultEntry['outcome'], file = 'deploy/web.yaml'): ResultEntry => ({
  reference: 'r.example/web:1',
  use: { place: { file, line: 7, column: 12 } },
  outcome,
});

describe('toAnnotation', () => {
  it('tells of what is not verified, at its line', () => {
    expect(toAnnotation(entry(denied), false)).toEqual({
      level: 'error',
      code: 'NO_SIGNATURE',
      message: 'r.example/web:1: no signature was found\nWhat to do: sign it: signet sign',
      place: { file: 'deploy/web.yaml', line: 7, column: 12 },
    });
  });

  it('tells nothing of a verified image', () => {
    expect(
      toAnnotation(entry({ ...denied, verdict: 'verified', code: 'VERIFIED', allowed: true }), true),
    ).toBeUndefined();
  });

  it.each([
    ['warn', false, 'warning'],
    ['audit', false, 'notice'],
    ['warn', true, 'error'],
  ] as const)('mode %s allows it (strict: %s): %s', (mode, strict, level) => {
    expect(toAnnotation(entry({ ...denied, allowed: true, mode }), strict)).toMatchObject({ level });
  });

  it('has no place for standard input and for what no file names', () => {
    expect(toAnnotation(entry(denied, '-'), false)).not.toHaveProperty('place');
    expect(toAnnotation({ reference: 'r.example/web:1', outcome: denied }, false)).not.toHaveProperty('place');
  });

  it('takes what could not be asked for an error', () => {
    const failure = { kind: 'failure', code: 'INPUT_UNREAD', message: 'IMAGE_TEMPLATED: {{ .image }}' } as const;
    expect(toAnnotation(entry(failure), false)).toMatchObject({
      level: 'error',
      code: 'INPUT_UNREAD',
      message: 'r.example/web:1: IMAGE_TEMPLATED: {{ .image }}',
    });
  });
});

describe('annotationLine', () => {
  const annotation: Annotation = {
    level: 'error',
    code: 'NO_SIGNATURE',
    message: '100% no\nWhat to do: sign it; now]',
    place: { file: './a,b:c;d].yaml', line: 7, column: 12 },
  };

  it('github: escaped as the runner reads it', () => {
    expect(annotationLine(annotation, 'github')).toBe(
      '::error file=a%2Cb%3Ac;d].yaml,line=7,col=12,title=signet%3A NO_SIGNATURE::100%25 no%0AWhat to do: sign it; now]',
    );
    expect(annotationLine({ level: 'notice', code: 'X', message: 'm' }, 'github')).toBe(
      '::notice title=signet%3A X::m',
    );
  });

  it('azure: escaped as the agent reads it; a notice is a line of the log', () => {
    expect(annotationLine(annotation, 'azure')).toBe(
      '##vso[task.logissue type=error;sourcepath=a,b:c%3Bd%5D.yaml;linenumber=7;columnnumber=12;code=NO_SIGNATURE]100%AZP25 no%0AWhat to do: sign it; now]',
    );
    expect(annotationLine({ level: 'warning', code: 'X', message: 'm' }, 'azure')).toBe(
      '##vso[task.logissue type=warning;code=X]m',
    );
    expect(annotationLine({ level: 'notice', code: 'X', message: 'm\nn' }, 'azure')).toBe('note: X: m n');
  });

  const evil = fc.string({
    unit: fc.constantFrom('##vso[', '##[', '::', '%', ']', ';', ',', '\r', '\n', 'a', '\u{1b}'),
  });
  it.each<AnnotationForm>(['github', 'azure'])('%s: text from outside stays one line and adds no command', (form) => {
    fc.assert(
      fc.property(evil, evil, (message, file) => {
        const line = annotationLine({ level: 'error', code: 'X', message, place: { file, line: 1, column: 1 } }, form);
        expect(line).toMatch(/^\P{Cc}*$/u);
        expect(line.slice(1)).not.toMatch(/##(?:vso)?\[/i);
        const { text, properties } = read(line, form);
        expect(text).toBe(expected(message));
        expect(Object.keys(properties)).toEqual(
          form === 'github'
            ? ['file', 'line', 'col', 'title']
            : ['type', 'sourcepath', 'linenumber', 'columnnumber', 'code'],
        );
      }),
    );
  });
});

/** What the message becomes before a system's own escaping: its line ends stay. */
function expected(message: string): string {
  return message
    .replaceAll(/##(?=\[|vso\[)/gi, '#\\u{23}')
    .replaceAll('\r', '\\u{d}')
    .replaceAll('\u{1b}', '\\u{1b}');
}

/** A command as the agents read it: to the first end of the properties; then each unescaped. */
function read(line: string, form: AnnotationForm) {
  const [, head = '', text = ''] = (form === 'github'
    ? /^::error (.*?)::(.*)$/
    : /^##vso\[task\.logissue ([^\]]*)\](.*)$/
  ).exec(line) ?? ['', '', ''];
  const parts = head.split(form === 'github' ? ',' : ';').map((part) => part.split('=', 2));
  const back = (value: string) =>
    value
      .replaceAll('%0D', '\r')
      .replaceAll('%0A', '\n')
      .replaceAll(form === 'github' ? '%25' : '%AZP25', '%');
  return { text: back(text), properties: Object.fromEntries(parts) as Record<string, string> };
}
