// A picture that failed: ask the edge why, wait as it says, ask again.

// Milliseconds after failure `n`: `after` seconds (Retry-After) or 2^(n-1), whichever is longer.
// The jitter keeps the pictures of a page from coming back all at once.
export const delay = (n, after, random = Math.random()) =>
  Math.max(+after || 0, 2 ** n / 2) * (1 + random / 2) * 1000;

// Starts `img` again once its URL answers.
export async function recover(img, picture, tries) {
  while (picture.tries++ < tries) {
    const reply = await fetch(img.currentSrc).catch(() => {});
    if (reply?.ok) {
      await reply.blob();
      return (img.src = img.src);
    }
    if (reply?.status < 429) return;
    const wait = delay(picture.tries, reply?.headers.get('Retry-After'));
    await new Promise((wake) => setTimeout(wake, wait));
  }
}
