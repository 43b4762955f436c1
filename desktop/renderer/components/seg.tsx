/** A few choices side by side, one of them on. */
export function Segmented<T extends string>({
  value,
  choices,
  onChoose,
  label,
}: {
  value: T
  choices: readonly { value: T; word: string }[]
  onChoose: (value: T) => void
  label: string
}) {
  return (
    <fieldset className="seg lg" aria-label={label}>
      {choices.map((choice) => (
        <button
          key={choice.value}
          type="button"
          className={choice.value === value ? 'on' : ''}
          aria-pressed={choice.value === value}
          onClick={() => onChoose(choice.value)}
        >
          {choice.word}
        </button>
      ))}
    </fieldset>
  )
}
