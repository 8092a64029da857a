import type { ReadContext } from '../context.ts';
import { readDockerfileText } from '../dockerfile/read-dockerfile.ts';
import { type Gathering, unread } from '../gathering.ts';
import type { ImageRole } from '../inventory.ts';
import { memberPath } from '../kubernetes/json-path.ts';
import type { WorkloadLimits } from '../limits.ts';
import { at, type Spot, type Tree, textAt } from '../tree/tree.ts';
import { expand, type VariableGrammar } from '../variables.ts';

/** Whether a document is a Compose file: services, and no kind of a Kubernetes object. */
export function isCompose(tree: Tree): boolean {
  return tree.get('services')?.type === 'map' && textAt(tree, 'kind') === undefined;
}

/** The images of all services, whatever their profiles. Rule: compose-spec "Services" */
export function readCompose(tree: Tree, context: ReadContext): void {
  context.kinds.add('compose');
  const { gathering } = context;
  leaveExtensions(tree, context);
  const include = tree.get('include');
  if (include !== undefined && include.type !== 'null')
    gathering.problem(
      unread('OTHER_FILE', 'the file includes others, which were not read', { path: 'include', at: include }),
    );
  const services = tree.get('services');
  if (services !== undefined && services.type !== 'map' && services.type !== 'null')
    gathering.problem(unread('SHAPE_WRONG', 'services is not a map', { path: 'services', at: services }));
  for (const [name, tree] of services?.entries() ?? [])
    readService({ name, tree, path: memberPath('services', name) }, context);
}

/** Compose does not look at `x-…`: texts stand there for aliases to use. Rule: compose-spec "Extensions" */
function leaveExtensions(tree: Tree, { gathering }: ReadContext): void {
  for (const [name, { spot }] of tree.entries()) if (name.startsWith('x-') && spot) gathering.leave(spot.span);
}

interface Service {
  readonly name: string;
  readonly tree: Tree;
  readonly path: string;
}

function readService(service: Service, context: ReadContext): void {
  const { name, tree, path } = service;
  const image = tree.get('image');
  const platform = platformOf(tree.get('platform'), context);
  if (image === undefined || image.type === 'null') tellWithout(service, context);
  else readImage({ tree: image, path: `${path}.image`, role: 'service', container: name, ...platform }, context);
  for (const [index, volume] of (tree.get('volumes')?.items() ?? []).entries()) {
    const source = textAt(volume, 'type') === 'image' ? volume.get('source') : undefined;
    if (source !== undefined)
      readImage(
        { tree: source, path: `${path}.volumes[${index}].source`, role: 'image-volume', container: name },
        context,
      );
  }
  readBuild(service, context);
}

/** A service without an image of its own: told, unless another service of this file gives it. */
function tellWithout({ name, tree, path }: Service, { gathering, options }: ReadContext): void {
  const quoted = JSON.stringify(name.slice(0, 80));
  const parent = tree.get('extends');
  const where = { path, at: tree };
  if (textAt(parent, 'file') !== undefined)
    gathering.problem(
      unread('OTHER_FILE', `the service ${quoted} extends one of another file, which was not read`, {
        path,
        at: parent,
      }),
    );
  else if (parent !== undefined && parent.type !== 'null') return;
  else if (at(tree, 'build') !== undefined)
    gathering.problem(
      unread('BUILD_ONLY', `the service ${quoted} is built and has no image: its Dockerfile was not read`, {
        path,
        at: tree.get('build'),
      }),
    );
  else if (/override/i.test(options.file))
    gathering.problem({
      ...unread('IMAGE_MISSING', `the service ${quoted} gets its image from the file that this one overrides`, where),
      severity: 'note',
    });
  else if (tree.get('provider') === undefined)
    gathering.problem(unread('IMAGE_MISSING', `the service ${quoted} has neither image nor build`, where));
}

function readBuild({ name, tree, path }: Service, context: ReadContext): void {
  const contexts = at(tree, 'build', 'additional_contexts');
  const named = contexts?.entries().map(([key, value]) => [value, memberPath('', key)] as const) ?? [];
  const listed = contexts?.items().map((value, index) => [value, `[${index}]`] as const) ?? [];
  for (const [value, key] of [...named, ...listed]) {
    const start = value.text.indexOf('docker-image://');
    if (start === -1) continue;
    const at = `${path}.build.additional_contexts${key.startsWith('[') ? key : `.${key}`}`;
    const text = value.text.slice(start + 'docker-image://'.length);
    readImage({ tree: value, text, path: at, role: 'build-context', container: name }, context);
  }
  const inline = at(tree, 'build', 'dockerfile_inline');
  if (inline?.type !== 'text') return;
  const gathering = placedAt(context.gathering, inline.spot, `${path}.build.dockerfile_inline`);
  readDockerfileText(inline.text.replaceAll('$$', '$'), { ...context, gathering });
}

/** What a text within a text names has the place of the whole. */
function placedAt(gathering: Gathering, spot: Spot | undefined, path: string): Gathering {
  const pin = { kind: 'impossible', why: 'it stands in a Dockerfile within the file' } as const;
  const placed = spot === undefined ? {} : { spot: { ...spot, pin } };
  return {
    ...gathering,
    image: (found) => gathering.image({ ...found, path, ...placed }),
    problem: (problem) => gathering.problem({ ...problem, path, ...placed }),
  };
}

function platformOf(tree: Tree | undefined, { options, limits }: ReadContext): { readonly platform?: string } {
  const expanded = expand(tree?.text ?? '', (name) => options.env?.[name], grammarOf(limits));
  return expanded.kind === 'value' && expanded.value !== '' ? { platform: expanded.value } : {};
}

interface Written {
  readonly tree: Tree;
  /** What of the tree's text is the image; all of it without. */
  readonly text?: string;
  readonly path: string;
  readonly role: ImageRole;
  readonly container: string;
  readonly platform?: string;
}

function grammarOf({ maxReference }: WorkloadLimits): VariableGrammar {
  return { doubleDollar: true, maxLength: maxReference };
}

function readImage({ tree, text = tree.text, ...facts }: Written, { gathering, options, limits }: ReadContext): void {
  const { path } = facts;
  const written = text.slice(0, limits.maxReference + 1);
  const expanded = expand(written, (name) => options.env?.[name], grammarOf(limits));
  if (tree.type !== 'text')
    gathering.problem(unread('SHAPE_WRONG', `${path} is not an image reference`, { path, at: tree }));
  else if (expanded.kind !== 'value') gathering.problem(unread('IMAGE_VARIABLE', expanded.message, { path, at: tree }));
  else gathering.image({ ...facts, written, resolved: expanded.value, ...spotFor(tree, written) });
}

function spotFor({ spot }: Tree, written: string): { readonly spot?: Spot } {
  if (spot === undefined) return {};
  if (!written.includes('$')) return { spot };
  return { spot: { ...spot, pin: { kind: 'impossible', why: 'it has a variable, which would no longer matter' } } };
}
