// docs/cli.md: every command, from the operations and from the help of those that are written by hand.
import { buildApplication, buildRouteMap, generateHelpTextForAllCommands, text_en } from '@stricli/core'
import { z } from 'zod'
import { authCommand } from '../src/cli/auth-command.ts'
import { databaseCommand } from '../src/cli/database-command.ts'
import { loginCommand, logoutCommand } from '../src/cli/login-command.ts'
import { sandboxCommand } from '../src/cli/sandbox-command.ts'
import { serverCommand } from '../src/cli/server-command.ts'
import { terminalOf } from '../src/cli/terminal.ts'
import type { Operation } from '../src/core/operation.ts'

interface Field {
  type?: string
  enum?: string[]
  description?: string
  ja?: string
}

export function cliReference(operations: readonly Operation[]): string {
  const sections = operations
    .filter(({ hidden }) => !hidden)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(section)
  return `# Command reference

Made from the operations by \`script/generate\`; do not edit. Every command of an operation also takes \`--json\`, \`--utc\` and \`--lang en|ja\`.

${sections.join('\n')}
# Commands that are no operation

${byHand(operations).join('\n')}`
}

/** The help of commands that are written by hand. */
function byHand(operations: readonly Operation[]): string[] {
  const terminal = terminalOf(process, { lang: 'en' })
  const tools = { terminal, run: async () => {} }
  const never = () => Promise.reject(new Error('Nothing is run here'))
  const routes = {
    auth: authCommand(tools, never),
    sandbox: sandboxCommand(tools, never),
    server: serverCommand(tools, never),
    database: databaseCommand(tools, never),
    login: loginCommand(tools, operations),
    logout: logoutCommand(tools, operations),
  }
  const app = buildApplication(buildRouteMap({ routes, docs: { brief: 'kiban' } }), {
    name: 'kiban',
    scanner: { caseStyle: 'allow-kebab-for-camel' },
    documentation: { caseStyle: 'convert-camel-to-kebab', disableAnsiColor: true },
    localization: { text: text_en },
  })
  return generateHelpTextForAllCommands(app).map(
    ([route, help]) => `## ${route.replace(/^kiban /, '')}\n\n\`\`\`\n${help.replace(/ +$/gm, '').trimEnd()}\n\`\`\`\n`,
  )
}

function section(operation: Operation): string {
  const { properties = {}, required = [] } = z.toJSONSchema(operation.input, { io: 'input', unrepresentable: 'any' }) as {
    properties?: Record<string, Field>
    required?: string[]
  }
  const positional = operation.cli?.positional ?? []
  const words = positional.map((name) => {
    const word = properties[name]?.type === 'array' ? `${name}...` : name
    return required.includes(name) ? `<${word}>` : `[${word}]`
  })
  const usage = [operation.cli?.alias, operation.name.replace('.', ' ')]
    .filter(Boolean)
    .map((name) => `kiban ${[name, ...words].join(' ')}`)
  const rows = Object.entries(properties).map(([name, field]) => {
    const flag = positional.includes(name) ? name : `--${kebab(name)}`
    return `| \`${flag}\` | ${required.includes(name) ? 'yes' : ''} | ${field.description ?? ''}${field.enum ? ` (${field.enum.join(', ')})` : ''} | ${field.ja ?? ''} |`
  })
  const table = rows.length > 0 ? `\n| input | required | what | 説明 |\n|---|---|---|---|\n${rows.join('\n')}\n` : ''
  return `## ${operation.name}

${operation.summary.en}. ${operation.summary.ja}。

\`\`\`
${usage.join('\n')}
\`\`\`
${table}`
}

const kebab = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
