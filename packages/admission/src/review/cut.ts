/** `text`, at most `max` characters of it: what was cut off shows as `…`. No half character is left behind. */
export function cut(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** The same for names of images, whose beginning and end say most: what is in the middle goes. */
export function cutMiddle(text: string, max: number): string {
  if (text.length <= max) return text;
  const tail = Math.floor((max - 1) / 2);
  const end = text.slice(-tail).replace(/^[\uDC00-\uDFFF]/, '');
  return `${cut(text, max - tail)}${end}`;
}

/** How {@link joinWithin} joins. */
export interface Joining<T> {
  readonly textOf: (part: T) => string;
  readonly separator: string;
  /** Characters. */
  readonly max: number;
  /** What stands for as many parts, for which there is no room. */
  readonly more: (rest: number) => string;
}

/** As many parts as there is room for, then how many more there are. Those that cannot be in it are not looked at. */
export function joinWithin<T>(parts: readonly T[], { textOf, separator, max, more }: Joining<T>): string {
  let text = '';
  let shortened = more(parts.length);
  for (const [index, part] of parts.entries()) {
    text += index === 0 ? textOf(part) : separator + textOf(part);
    if (text.length > max) return cut(shortened, max);
    const rest = parts.length - index - 1;
    const withRest = rest === 0 ? text : text + separator + more(rest);
    if (withRest.length <= max) shortened = withRest;
  }
  return text;
}
