// The walls between the rooms, kept by lint. docs/decisions/0002 says why each stands where it does.
import importX from 'eslint-plugin-import-x'
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript'
import reactHooks from 'eslint-plugin-react-hooks'
import tseslint from 'typescript-eslint'

const rooms = [
  ...[
    'core',
    'api',
    'workflows',
    'activities',
    'clients',
    'db',
    'sandbox',
    'console',
    'bin',
    'bench',
    'test',
  ],
]

/** Which rooms each room may import. `bin`, `bench` and `test` may import everything. */
const mayImport = {
  core: ['core'],
  clients: ['clients', 'core'],
  db: ['db', 'core'],
  activities: ['activities', 'core'],
  workflows: ['workflows', 'core', 'activities'],
  api: ['api', 'core', 'workflows'],
  sandbox: ['sandbox', 'core'],
  console: ['console'],
}

const zones = Object.entries(mayImport).map(([room, allowed]) => ({
  target: `./${room}`,
  from: rooms.filter((other) => !allowed.includes(other)).map((other) => `./${other}`),
  message: `${room}/ may import only ${allowed.join(', ')}.`,
}))

/** The command line speaks REST alone: of the product it knows pure core, and the types of the document. */
zones.push({
  target: './bin/cli',
  from: rooms.filter((room) => !['core', 'bin'].includes(room)).map((room) => `./${room}`),
  except: ['./api/schema.d.ts'],
  message:
    'bin/cli/ speaks to the API by REST alone: core, what else is in bin/, and the types of the document.',
})

const impure = [
  {
    selector: "MemberExpression[object.name='Date'][property.name='now']",
    message: 'The clock enters by bin/.',
  },
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'The clock enters by bin/.' },
  {
    selector: "MemberExpression[object.name='Math'][property.name='random']",
    message: 'Randomness enters by bin/.',
  },
]
const noEnv = {
  selector: "MemberExpression[object.name='process'][property.name='env']",
  message: 'Environment enters by bin/.',
}
const onlyTypesFrom = (pattern, message) => ({ group: [pattern], allowTypeImports: true, message })

/** The package that a room may use; anything else is named in the error. */
const packagesOnly = (allowed, message) => ({
  regex: `^(?!${allowed.map((name) => `${name}(/|$)`).join('|')}|\\.)`,
  message,
})

const consolePackages = ['react', 'react-dom', '@mantine', '@tanstack', 'recharts', 'openapi-fetch']
/** What a vendor sent is text in the page, never markup. */
const markup = [
  {
    selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']",
    message: "Vendors' text is shown as text.",
  },
  {
    selector: 'AssignmentExpression[left.property.name=/^(inner|outer)HTML$/]',
    message: "Vendors' text is shown as text.",
  },
]

export default tseslint.config(
  {
    ignores: [
      ...['node_modules', '.data', 'dist', 'coverage', 'test/workflows/histories', 'db/migrations'],
      'console/api/schema.d.ts',
    ],
  },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.strictTypeChecked],
    plugins: { 'import-x': importX },
    settings: { 'import-x/resolver-next': [createTypeScriptImportResolver()] },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'import-x/no-restricted-paths': ['error', { zones }],
      'import-x/no-default-export': 'error',
      'max-lines': ['error', 300],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      '@typescript-eslint/return-await': ['error', 'in-try-catch'],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/require-await': 'off', // ports are async; an adapter over SQLite has nothing to await
      'no-restricted-syntax': ['error', noEnv],
    },
  },
  {
    files: ['core/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            packagesOnly(
              ['zod', 'picomatch', '@noble/hashes'],
              'core/ is pure: zod, a glob matcher, a pure hash and itself.',
            ),
          ],
        },
      ],
      'no-restricted-globals': [
        'error',
        'process',
        'fetch',
        'setTimeout',
        'setInterval',
        'setImmediate',
        'console',
        'Buffer',
      ],
      'no-restricted-syntax': ['error', noEnv, ...impure],
    },
  },
  {
    files: ['workflows/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            packagesOnly(
              ['@temporalio/workflow'],
              'workflows/ use only @temporalio/workflow and zod-free core.',
            ),
            onlyTypesFrom('**/activities/*', 'workflows/ import only types of activities.'),
          ],
        },
      ],
    },
  },
  {
    files: ['activities/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            packagesOnly(
              ['@temporalio/activity', '@temporalio/common', 'node:'],
              'activities/ use @temporalio/activity; the rest is injected.',
            ),
          ],
        },
      ],
      'no-restricted-syntax': ['error', noEnv, ...impure],
    },
  },
  {
    files: ['api/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [onlyTypesFrom('**/workflows/*', 'api/ imports only types of workflows.')] },
      ],
      'no-restricted-syntax': ['error', noEnv, ...impure],
    },
  },
  {
    files: ['clients/**/*.ts', 'db/**/*.ts'],
    rules: { 'no-restricted-syntax': ['error', noEnv, ...impure] },
  },
  {
    // A page has a clock of its own; what it may not have is the server's code.
    files: ['console/**/*.{ts,tsx}'],
    plugins: { 'react-hooks': reactHooks },
    rules: {
      'react-hooks/rules-of-hooks': 'error',
      'react-hooks/exhaustive-deps': 'error',
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            packagesOnly(consolePackages, 'console/ runs in a browser: its own libraries and itself.'),
          ],
        },
      ],
      'no-restricted-syntax': ['error', noEnv, ...markup],
      // A handler that starts something asynchronous is what `onClick` is for.
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
    },
  },
  {
    // Markup is long and flat: a line an attribute.
    files: ['console/**/*.tsx'],
    rules: { 'max-lines-per-function': ['error', { max: 90, skipBlankLines: true, skipComments: true }] },
  },
  { files: ['bin/**/*.ts', 'bench/**/*.ts', 'test/**/*.ts'], rules: { 'no-restricted-syntax': 'off' } },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: { 'max-lines-per-function': 'off', 'max-lines': ['error', 500] },
  },
  {
    files: ['*.config.ts', 'console/vite.config.ts'],
    rules: { 'import-x/no-default-export': 'off', 'no-restricted-imports': 'off' },
  },
  { files: ['**/*.js'], extends: [tseslint.configs.disableTypeChecked] },
)
