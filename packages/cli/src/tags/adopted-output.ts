import { escapeForTerminal } from '@signet/verifier';
import type { Style } from '../style.ts';
import type { AdoptableTag } from './adopt-tags.ts';

/** The table of `signet tags init --adopt`: a tag a line, with why not. */
export function adoptableText(judged: readonly AdoptableTag[], style: Style): string {
  if (judged.length === 0) return 'no tag to adopt\n';
  const width = Math.max(...judged.map(({ tag }) => tag.length));
  return judged
    .map(({ tag, digest, isAccepted, report }) => {
      const word = isAccepted
        ? style.good('accepted')
        : report.verdict === 'denied'
          ? style.bad('denied')
          : style.doubt('undecided');
      return `  ${tag.padEnd(width)}  ${digest}  ${word}  ${escapeForTerminal(report.summary)}\n`;
    })
    .join('');
}

/** For programs. */
export function adoptableJson(judged: readonly AdoptableTag[]): readonly object[] {
  return judged.map(({ tag, digest, isAccepted, report: { verdict, code, summary } }) => ({
    tag,
    digest,
    accepted: isAccepted,
    verdict,
    code,
    summary,
  }));
}
