export function Mark() {
  return (
    <svg className="mark" viewBox="0 0 20 20" aria-hidden="true">
      <rect className="m1" x="2" y="3" width="9" height="4" rx="2" />
      <rect className="m2" x="6" y="8" width="12" height="4" rx="2" />
      <rect className="m1" x="2" y="13" width="5" height="4" rx="2" />
    </svg>
  )
}
