import { escapeForTerminal, passes, type ResultEntry } from '@signet/verifier';

/** The systems whose annotations are written. */
export type AnnotationForm = 'github' | 'azure';

/** What is told at a line of a file. */
export interface Annotation {
  /** `error` where enforcement stops the image. */
  readonly level: 'error' | 'warning' | 'notice';
  /** Of docs/reasons.md or docs/errors.md. */
  readonly code: string;
  /** May have several lines. */
  readonly message: string;
  /** Nowhere: the image came from the command line or standard input. */
  readonly place?: { readonly file: string; readonly line: number; readonly column: number };
}

/** What is to be told of a result; undefined for a verified image. */
export function toAnnotation({ reference, use, outcome }: ResultEntry, strict: boolean): Annotation | undefined {
  const place = use === undefined || use.place.file === '-' ? {} : { place: use.place };
  if (outcome.kind === 'failure')
    return { level: 'error', code: outcome.code, message: `${reference}: ${outcome.message}`, ...place };
  if (outcome.verdict === 'verified') return undefined;
  const { code, summary, remedy, mode } = outcome;
  const allowed = mode === 'warn' ? 'warning' : 'notice';
  const level = passes(outcome, { strict }) ? allowed : 'error';
  const what = remedy === undefined ? [] : [`What to do: ${remedy.replaceAll(/[`*]/g, '')}`];
  return { level, code, message: [`${reference}: ${summary}`, ...what].join('\n'), ...place };
}

/** One line in the notation of that system, whose log makes an annotation of it. */
export function annotationLine(annotation: Annotation, form: AnnotationForm): string {
  return form === 'github' ? githubLine(annotation) : azureLine(annotation);
}

/** `::error file=a,line=1,col=2,title=T::message`. Rule: GitHub Actions, "Workflow commands", and the runner's ActionCommand (escaping). */
function githubLine({ level, code, message, place }: Annotation): string {
  const at = place === undefined ? {} : { file: pathOf(place.file), line: place.line, col: place.column };
  const properties = Object.entries({ ...at, title: `signet: ${code}` });
  const written = properties.map(([name, value]) => `${name}=${githubProperty(String(value))}`).join(',');
  return `::${level} ${written}::${githubText(clean(message))}`;
}

/**
 * `##vso[task.logissue type=error;sourcepath=a;linenumber=1;columnnumber=2;code=C]message`; there is no notice: it is a line of the log.
 * Rule: Azure Pipelines, "Logging commands", "Formatting commands" (escaping).
 */
function azureLine({ level, code, message, place }: Annotation): string {
  if (level === 'notice') return escapeForTerminal(`note: ${code}: ${message.replaceAll('\n', ' ')}`);
  const at =
    place === undefined ? {} : { sourcepath: pathOf(place.file), linenumber: place.line, columnnumber: place.column };
  const properties = Object.entries({ type: level, ...at, code });
  const written = properties.map(([name, value]) => `${name}=${azureProperty(String(value))}`).join(';');
  return `##vso[task.logissue ${written}]${azureText(clean(message))}`;
}

function githubText(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function githubProperty(text: string): string {
  return githubText(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

function azureText(text: string): string {
  return text.replaceAll('%', '%AZP25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function azureProperty(text: string): string {
  return azureText(text).replaceAll(']', '%5D').replaceAll(';', '%3B');
}

/** Line ends stay, for the system's own escaping; nothing else that is unprintable does. */
function clean(text: string): string {
  return text
    .split('\n')
    .map((line) => escapeForTerminal(line))
    .join('\n');
}

/** As the checkout names it; both systems take paths from its root. */
function pathOf(file: string): string {
  return escapeForTerminal(file.replace(/^(?:\.\/+)+/, ''));
}
