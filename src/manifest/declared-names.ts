import { yamlDocument } from './yaml-document.ts'

/** The names that a manifest declares, for completion: what can be read of it, however broken the rest. */
export function declaredNames(text: string): { environments: string[]; services: string[] } {
  const { value } = yamlDocument(text)
  const keysOf = (member: string): string[] => {
    const map = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[member] : undefined
    return typeof map === 'object' && map !== null && !Array.isArray(map) ? Object.keys(map) : []
  }
  return { environments: keysOf('environments'), services: keysOf('services') }
}
