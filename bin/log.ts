/** pino, one JSON line an event. Secrets never reach a log call; what looks like one is cut out all the same. */
import { pino, type Logger } from 'pino'

const redact = {
  paths: ['*.authorization', '*.serverKey', '*.consoleKey', '*.clientKey', '*.apiToken'],
  censor: '[secret]',
}

export function createLog(name: string, level: string): Logger {
  return pino({ name, level, redact, serializers: { error: pino.stdSerializers.err } })
}
