/** pino, one JSON line an event. Secrets never reach a log call; what looks like one is cut out all the same. */
import { pino, type DestinationStream, type Logger } from 'pino'
import { redact, redactText } from '../core/redact.ts'

/** `destination` is where the lines go; the default is standard output. */
export function createLog(name: string, level: string, destination?: DestinationStream): Logger {
  const options = {
    ...{ name, level },
    // A serialised error has a prototype of its own; a plain copy is what gets redacted.
    serializers: {
      error: (error: unknown) =>
        redact(error instanceof Error ? { ...pino.stdSerializers.err(error) } : error),
    },
    formatters: { log: (fields: object) => redact(fields) as Record<string, unknown> },
    hooks: {
      logMethod(args: Parameters<pino.LogFn>, write: pino.LogFn) {
        const shown = args.map((arg: unknown) => (typeof arg === 'string' ? redactText(arg) : arg))
        write.apply(this as unknown as Logger, shown as Parameters<pino.LogFn>)
      },
    },
  }
  return destination === undefined ? pino(options) : pino(options, destination)
}
