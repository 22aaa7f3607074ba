// The pages of the documentation as tests read them: text, code and links apart.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** Files that are in the repository, or would be with the next commit. */
export function repositoryFiles(): string[] {
  const listed = spawnSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], { encoding: 'utf8' })
  if (listed.status !== 0) throw new Error(`git ls-files: ${listed.stderr}`)
  return listed.stdout.split('\0').filter((file) => file !== '')
}

export interface Page {
  path: string
  /** Without code blocks. */
  text: string
  /** The contents of code blocks that show a command line (no language, or `sh`), line by line. */
  shell: string[]
  /** Inline code. */
  code: string[]
  /** Targets of links and images, as written. */
  links: string[]
  /** What a link with `#` may name. */
  anchors: string[]
}

export function pages(): Page[] {
  return repositoryFiles()
    .filter((path) => path.endsWith('.md'))
    .map(pageAt)
}

function pageAt(path: string): Page {
  const whole = readFileSync(path, 'utf8')
  const shell: string[] = []
  const text = whole.replace(/^( *)```(.*)\n([\s\S]*?)^\1```$/gm, (_, indent: string, language: string, block: string) => {
    if (language === '' || language === 'sh') shell.push(...block.split('\n').map((line) => line.slice(indent.length)))
    return ''
  })
  const prose = text.replace(/`[^`\n]+`/g, '')
  return {
    path,
    text,
    shell,
    code: [...text.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code),
    links: [...prose.matchAll(/(?:\]\(|(?:src|srcset)=")([^)\s"]+)[)"]/g)].map(([, target = '']) => target),
    anchors: [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading)),
  }
}

/** As GitHub makes them: https://docs.github.com/en/get-started/writing-on-github */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
