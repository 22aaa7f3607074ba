// Completion in shells: a small script for each asks this program what may follow.
import { type Application, buildCommand, type Command, type CommandContext, proposeCompletions } from '@stricli/core'
import { cli } from '../core/messages/cli.ts'
import type { ByHand } from './by-hand.ts'
import type { Terminal } from './terminal.ts'

/** The first word by which the scripts ask; the words of the line follow, the last of them as far as it is typed. */
export const COMPLETE = '__complete'

const scripts = {
  bash: `_kiban() {
  local word
  COMPREPLY=()
  while IFS=$'\\t' read -r word _; do COMPREPLY+=("$word"); done < <(kiban ${COMPLETE} "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _kiban kiban
`,
  zsh: `#compdef kiban
_kiban() {
  local -a proposals
  local word brief
  while IFS=$'\\t' read -r word brief; do proposals+=("\${word//:/\\\\:}:$brief"); done < <(kiban ${COMPLETE} "\${(@)words[2,CURRENT]}" 2>/dev/null)
  _describe kiban proposals
}
compdef _kiban kiban
`,
  fish: `complete -c kiban -f -a '(kiban ${COMPLETE} (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'
`,
}

export function completionCommand({ terminal, run }: ByHand): Command<CommandContext> {
  const { language } = terminal
  return buildCommand({
    docs: { brief: cli.completion[language], fullDescription: cli.completionHow[language] },
    parameters: {
      positional: {
        kind: 'tuple',
        parameters: [
          {
            brief: cli.completionShell[language],
            placeholder: 'bash|zsh|fish',
            parse: (shell: string) => {
              if (shell in scripts) return shell as keyof typeof scripts
              throw new Error(cli.completionUnknown(shell)[language])
            },
            proposeCompletions: () => Object.keys(scripts),
          },
        ],
      },
    },
    func: (_flags: object, shell: keyof typeof scripts) =>
      run({}, async (chosen) => {
        chosen.stdout.write(scripts[shell])
        return 0
      }),
  })
}

/** Prints what may follow, a word and its meaning on each line. */
export async function complete(app: Application<CommandContext>, words: readonly string[], terminal: Terminal): Promise<void> {
  const { stdout, stderr } = terminal
  const proposals = await proposeCompletions(app, words.length > 0 ? words : [''], { process: { stdout, stderr } })
  const [partial = ''] = words.slice(-1)
  const fitting = proposals.filter(({ completion }) => completion.startsWith(partial))
  stdout.write(fitting.map(({ completion, brief }) => `${completion}\t${brief}\n`).join(''))
}
