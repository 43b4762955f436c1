// What a runner of the shared-state suites gives: an adapter, a way to let time pass, names nobody used.
export interface SharedStateBench<Port> {
  open(): Promise<{
    port: Port
    /** The same state as another start of the relay sees it. */
    reopen?(): Promise<Port>
    close(): Promise<void>
  }>
  /** Lets this much time pass, as the adapter sees it: moves a fake clock, or sleeps. */
  wait(ms: number): Promise<void>
  fresh(): string
  /** Takes other relays away from the adapter, and brings them back; left out where there are none. */
  others?: { leave(): Promise<void>; comeBack(): Promise<void> }
}
