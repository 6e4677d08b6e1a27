/** Orders that a person gives: sent, asked back where they are grave, and their refusal said in words. */
import { ApiError, postOrder } from "./api.js";

const find = (selector) => document.querySelector(selector);

/**
 * Asks before it does it; the dialog stays, and says why, when it can't be done.
 * @param asked `{ title, text, yes }` @returns whether it was done
 */
export function confirmOrder(path, { title, text, yes }) {
  const [dialog, fault, button] = ["#confirm", "#confirm-fault", "#confirm-yes"].map(find);
  find("#confirm-title").textContent = title;
  find("#confirm-text").textContent = text;
  button.textContent = yes;
  fault.hidden = true;
  const { promise, resolve } = Promise.withResolvers();
  const over = new AbortController();
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await postOrder(path);
      dialog.close("yes");
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      fault.textContent = error.message;
      fault.hidden = false;
    } finally {
      button.disabled = false;
    }
  }, { signal: over.signal });
  dialog.addEventListener("close", () => {
    over.abort();
    resolve(dialog.returnValue === "yes");
  }, { once: true });
  dialog.returnValue = "";
  dialog.showModal();
  return promise;
}

/** Does it at once. @param onFault called with why it can't be done, in words @returns whether it was done */
export async function giveOrder(button, path, onFault) {
  button.disabled = true;
  try {
    await postOrder(path);
    return true;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    onFault(error.message);
    return false;
  } finally {
    button.disabled = false;
  }
}
