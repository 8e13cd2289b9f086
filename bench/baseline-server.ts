// The baseline: a bare Node server that reads and JSON-parses the same body, answers, and keeps nothing.
import { createServer } from 'node:http'

createServer((incoming, answer) => {
  const chunks: Buffer[] = []
  incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
  incoming.on('end', () => {
    const { batch } = JSON.parse(Buffer.concat(chunks).toString()) as { batch: unknown[] }
    answer.writeHead(200, { 'content-type': 'application/json' })
    answer.end(JSON.stringify({ success: batch.length > 0 }))
  })
}).listen(Number(process.argv[2]), '127.0.0.1', () => console.log('listening'))
