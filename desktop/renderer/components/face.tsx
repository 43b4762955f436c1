import { initials } from '../lib/format.ts'

export function Face({
  name,
  is_self = false,
  size = 'sm',
  on_surface = false,
}: {
  name: string
  is_self?: boolean
  size?: 'sm' | 'md'
  on_surface?: boolean
}) {
  const classes = ['face', is_self ? 'self' : '', size === 'md' ? 'md' : '', on_surface ? 'bg' : '']
  return (
    <span className={classes.filter(Boolean).join(' ')} title={name}>
      {initials(name)}
    </span>
  )
}

/** Who is listening in to a call. */
export function Faces({
  people,
  self_id,
  size = 'sm',
}: {
  people: readonly { id: string; name: string }[]
  self_id: string | undefined
  size?: 'sm' | 'md'
}) {
  if (people.length === 0) return null
  return (
    <span className="faces" role="img" aria-label={`Listening: ${people.map((person) => person.name).join(', ')}`}>
      {people.slice(0, 3).map((person) => (
        <Face key={person.id} name={person.name} is_self={person.id === self_id} size={size} on_surface />
      ))}
      {people.length > 3 && <span className="xxs dim">+{people.length - 3}</span>}
    </span>
  )
}
