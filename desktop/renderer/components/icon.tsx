import type { LucideIcon } from 'lucide-react'
import { Eye, OctagonAlert, TriangleAlert } from 'lucide-react'
import type { AttentionLevel } from '../../../shared/contract/calls.ts'

export function Icon({ of: Drawn, className = '' }: { of: LucideIcon; className?: string }) {
  return <Drawn className={`i ${className}`} aria-hidden="true" />
}

const LEVEL_ICONS = { 0: Eye, 1: Eye, 2: TriangleAlert, 3: OctagonAlert } as const

/** Shape and colour of an attention level: eye, triangle, octagon. */
export function LevelIcon({ level, className = '' }: { level: AttentionLevel; className?: string }) {
  return <Icon of={LEVEL_ICONS[level]} className={`lv l${level} ${className}`} />
}
