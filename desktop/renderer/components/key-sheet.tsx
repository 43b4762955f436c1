import { KEY_SHEET } from '../lib/keyboard.ts'
import { Dialog, DialogActs } from './dialog.tsx'

export function KeySheet({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="What do the keys do?" says="Single letters act only outside fields." onClose={onClose}>
      <dl className="keysheet">
        {KEY_SHEET.map((line) => (
          <div key={line.does}>
            <dt>
              {line.keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{line.does}</dd>
          </div>
        ))}
      </dl>
      <DialogActs>
        <button type="button" className="btn" onClick={onClose}>
          Close <kbd>Esc</kbd>
        </button>
      </DialogActs>
    </Dialog>
  )
}
