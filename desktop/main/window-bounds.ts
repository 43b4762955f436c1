// Where the window goes: where it was, if a person can see it there. Pure.
import { z } from 'zod'

/** Source: design.md section 3, "window". */
export const MIN_SIZE = { width: 1024, height: 700 } as const
const FIRST_SIZE = { width: 1440, height: 900 } as const
/** So much of the title bar has to lie on a display that the window can be taken hold of. */
const HOLD_PX = { width: 120, height: 44 } as const

const Bounds = z.object({
  x: z.number().int(),
  y: z.number().int(),
  width: z.number().int().positive(),
  height: z.number().int().positive(),
})
export type Bounds = z.output<typeof Bounds>

export const WindowState = z.object({ bounds: Bounds, is_maximized: z.boolean() })
export type WindowState = z.output<typeof WindowState>

/**
 * Bounds for the window.
 * @param saved from an earlier run; displays may have gone since
 * @param work_areas of the displays, in device-independent pixels, the primary one first
 * @returns the saved bounds when they can be reached, else the same size in the middle of the primary display; never
 *   larger than the display and never smaller than the layout needs
 * @throws never
 * @source ours; desktop.md section 4, window state
 */
export function placeWindow(saved: Bounds | null, work_areas: readonly Bounds[]): Bounds {
  const home = saved ? work_areas.find((area) => canBeHeld(saved, area)) : undefined
  const area = home ?? work_areas[0] ?? { x: 0, y: 0, ...FIRST_SIZE }
  const wanted = saved ?? FIRST_SIZE
  const width = Math.max(MIN_SIZE.width, Math.min(wanted.width, area.width))
  const height = Math.max(MIN_SIZE.height, Math.min(wanted.height, area.height))
  if (saved && home) return { x: saved.x, y: saved.y, width, height }
  return {
    x: area.x + Math.max(0, Math.round((area.width - width) / 2)),
    y: area.y + Math.max(0, Math.round((area.height - height) / 2)),
    width,
    height,
  }
}

function canBeHeld(bounds: Bounds, area: Bounds): boolean {
  const seen = Math.min(bounds.x + bounds.width, area.x + area.width) - Math.max(bounds.x, area.x)
  const title_seen = bounds.y >= area.y && bounds.y + HOLD_PX.height <= area.y + area.height
  return title_seen && seen >= HOLD_PX.width
}
