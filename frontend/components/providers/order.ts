/** Moving one of a list to another place. */
export function moved(names: string[], name: string, to: number): string[] {
  const rest = names.filter((other) => other !== name);
  const at = Math.max(0, Math.min(to, rest.length));
  return [...rest.slice(0, at), name, ...rest.slice(at)];
}

/** Whether `name` ends up somewhere else when it is put before (`upper`) or behind `target`: where, or null. */
export function dropPlace(names: string[], name: string, target: string, upper: boolean): number | null {
  if (name === target || !names.includes(name) || !names.includes(target)) return null;
  const rest = names.filter((other) => other !== name);
  const at = rest.indexOf(target) + (upper ? 0 : 1);
  return at === names.indexOf(name) ? null : at;
}

export function seconds(ms: number): string {
  return ms < 950 ? `${(ms / 1000).toFixed(2)} s` : `${(ms / 1000).toFixed(1)} s`;
}
