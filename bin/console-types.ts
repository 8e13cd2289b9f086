/** console/api/schema.d.ts: the API's types as the console sees them, made from the OpenAPI document. */
import openapiTS, { astToString } from 'openapi-typescript'
import { openApiDocument } from '../api/openapi-document.ts'

type Source = Parameters<typeof openapiTS>[0]

export async function consoleTypes(): Promise<string> {
  const ast = await openapiTS(openApiDocument() as Source, { alphabetize: true })
  return `// Made by \`npm run generate\` from the OpenAPI document; do not edit.\n${astToString(ast)}`
}
