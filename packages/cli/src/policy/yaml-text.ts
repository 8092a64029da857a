/** Plain data as YAML, one entry a line; texts are quoted as JSON has them, so that nothing in them means anything. */
export function toYaml(value: unknown, indent = ''): string {
  if (Array.isArray(value))
    return value.length === 0 ? '[]' : lines(value.map((item) => `${indent}- ${inItem(item, indent)}`));
  if (!isObject(value)) return JSON.stringify(value ?? null);
  const fields = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return fields.length === 0
    ? '{}'
    : lines(fields.map(([name, inner]) => `${indent}${nameText(name)}:${inField(inner, indent)}`));
}

function lines(parts: readonly string[]): string {
  return parts.join('\n');
}

/** Nested deeper, its first line behind the dash. */
function inItem(value: unknown, indent: string): string {
  return toYaml(value, `${indent}  `).trimStart();
}

function inField(value: unknown, indent: string): string {
  const text = toYaml(value, `${indent}  `);
  const isBlock = typeof value === 'object' && value !== null && text !== '[]' && text !== '{}';
  return isBlock ? `\n${text}` : ` ${text}`;
}

function nameText(name: string): string {
  return /^[A-Za-z][\w.-]*$/.test(name) && !/^(?:true|false|null|yes|no|on|off|y|n)$/i.test(name)
    ? name
    : JSON.stringify(name);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
