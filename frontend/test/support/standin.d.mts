export interface Standin {
  url: string;
  dropSockets(): void;
  close(): void;
}
export function startStandin(options?: { port?: number; accounts?: boolean }): Promise<Standin>;
