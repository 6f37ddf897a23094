/** Where policies come from. */

/** A place that holds a document and can tell when it changes. */
export interface PolicySource {
  /** The document as it is now. */
  read(): Promise<string>
  /** Calls back when the document may have changed. @returns a function that stops it */
  watch(changed: () => void): () => void
}
