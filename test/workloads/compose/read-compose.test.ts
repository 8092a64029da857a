import { describe, expect, it } from 'vitest';
import { imagesIn, pathsOf, problemsOf, readText } from '../read-text.ts';

const options = { file: 'compose.yaml' };

describe('services', () => {
  it('images, platforms, profiles, image volumes, build contexts', () => {
    const text = `x-base: &base
  restart: always
  image: registry.example.com/base:1
services:
  web:
    image: nginx:1.27
    platform: linux/amd64
    profiles: [debug]
    volumes:
      - ./x:/x
      - {type: image, source: "data:2", target: /d}
  worker: {<<: *base}
  built:
    image: registry.example.com/built:1
    build:
      context: .
      additional_contexts: {base: "docker-image://alpine:3", src: ../src}
  listed:
    image: listed
    build: {context: ., additional_contexts: ["a=docker-image://busybox:1"]}
`;
    expect(pathsOf(text, options)).toEqual([
      'services.worker.image registry.example.com/base:1',
      'services.web.image nginx:1.27',
      'services.web.volumes[1].source data:2',
      'services.built.image registry.example.com/built:1',
      'services.built.build.additional_contexts.base alpine:3',
      'services.listed.image listed',
      'services.listed.build.additional_contexts[0] busybox:1',
    ]);
    const web = readText(text, options).images[1];
    expect(web).toMatchObject({ container: 'web', platform: 'linux/amd64', role: 'service' });
    expect(problemsOf(text, options)).toEqual([]);
  });

  it('a Dockerfile within the file', () => {
    const text =
      'services:\n  a:\n    image: a\n    build:\n      dockerfile_inline: |\n        ARG V=1\n        FROM base:$$V\n';
    const inline = readText(text, options).images[1];
    expect(inline).toMatchObject({
      role: 'from',
      reference: { repository: 'library/base', tag: '1' },
      pin: { kind: 'impossible' },
    });
    expect(inline?.path).toBe('services.a.build.dockerfile_inline');
  });

  it.each([
    ['build alone', 'a: {build: .}', 'BUILD_ONLY unread 2:14 services.a'],
    ['neither', 'a: {command: x}', 'IMAGE_MISSING unread 2:6 services.a'],
    ['extends of another file', 'a: {extends: {file: b.yaml, service: a}}', 'OTHER_FILE unread 2:16 services.a'],
    ['a number', 'a: {image: 1}', 'SHAPE_WRONG unread 2:14 services.a.image'],
  ])('%s is told', (_what, service, problem) => {
    expect(problemsOf(`services:\n  ${service}\n`, options)).toEqual([problem]);
  });

  it('an override, a service of the same file and an external provider hide nothing', () => {
    expect(problemsOf('services:\n  a: {command: x}\n', { file: 'compose.override.yaml' })).toEqual([
      'IMAGE_MISSING note 2:6 services.a',
    ]);
    const text =
      'services:\n  a: {image: a}\n  b: {extends: a}\n  c: {extends: {service: a}}\n  d: {provider: {type: x}}\n';
    expect(problemsOf(text, options)).toEqual([]);
  });

  it('include is told', () => {
    expect(problemsOf('include: [other.yaml]\nservices: {a: {image: b}}\n', options)).toEqual([
      'OTHER_FILE unread 1:10 include',
    ]);
  });
});

describe('variables', () => {
  const image = (text: string, env: Record<string, string> = {}): string => {
    const source = `services: {a: {image: ${JSON.stringify(text)}}}`;
    const { images, problems } = readText(source, { ...options, env });
    return imagesIn({ images })[0] ?? problems[0]?.message ?? '';
  };
  const hub = (name: string): string => `docker.io/library/${name}`;

  it.each([
    ['app:$TAG', { TAG: '1' }, hub('app:1')],
    ['app:${TAG}', { TAG: '1' }, hub('app:1')],
    ['app:${TAG:-2}', {}, hub('app:2')],
    ['app:${TAG:-2}', { TAG: '' }, hub('app:2')],
    ['app:${TAG-2}', { TAG: '3' }, hub('app:3')],
    ['app${TAG-}', {}, hub('app')],
    ['app${TAG+-x}:1', { TAG: '' }, hub('app-x:1')],
    ['app${TAG:+-x}:1', { TAG: '' }, hub('app:1')],
    ['${A:-${B:-app}}:1', {}, hub('app:1')],
    ['${A:-${B:-app}}:1', { B: 'b' }, hub('b:1')],
    ['${A-${UNSET}}:1', { A: 'a' }, hub('a:1')],
    ['${A:?wanted}:1', { A: 'a' }, hub('a:1')],
  ])('%s with %j', (text, env, wanted) => {
    expect(image(text, env)).toBe(wanted);
  });

  it.each([
    ['app:$TAG', 'the variable TAG is not set and has no default'],
    ['app:${TAG:?a tag}', 'the variable TAG is not set: a tag'],
    ['app:${TAG:-1', '} is missing'],
    ['app:$', '$ is followed by no name (a dollar is written $$)'],
    ['app:${}', '${ is followed by no name'],
    [
      'app:${A:-${A:-${A:-${A:-${A:-${A:-${A:-${A:-${A:-${A:-${A:-${A:-${A:-${A:-${A:-${A:-${A:-x}}}}}}}}}}}}}}}}}',
      'variables are nested deeper than 16 levels',
    ],
  ])('%s is told', (text, message) => {
    expect(image(text)).toBe(message);
  });

  it('$$ is a dollar, which no reference has', () => {
    expect(image('app:$$1')).toContain('"$1" is not a tag');
  });
});
