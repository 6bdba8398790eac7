/**
 * A gallery with uploads, in plain JavaScript. Serve the folder above this one, which has `dist/` (in the project itself after
 * `npm run build -w client`), and open `example/gallery.html?api=http://127.0.0.1:3000`.
 */
import { createClient, ProblemError, storedTokens } from "../dist/index.js";

const photos = createClient({
  baseUrl: new URLSearchParams(location.search).get("api") ?? "http://127.0.0.1:3000",
  tokens: storedTokens(sessionStorage),
});

const element = (id) => document.getElementById(id);
let stop = new AbortController();

element("sign-in").addEventListener("submit", (event) => {
  event.preventDefault();
  const { username, password } = Object.fromEntries(new FormData(event.target));
  void shown(async () => {
    await photos.signIn({ username, password });
    await showApp();
  });
});

element("sign-out").addEventListener("click", () =>
  shown(async () => {
    await photos.signOut();
    await showApp();
  }),
);

element("stop").addEventListener("click", () => stop.abort());

element("files").addEventListener("change", ({ target }) =>
  shown(async () => {
    stop = new AbortController();
    element("stop").disabled = false;
    try {
      for (const file of target.files) await send(file);
    } finally {
      element("stop").disabled = true;
      target.value = "";
      await showGallery();
    }
  }),
);

/** Larger files go in parts, which can be resumed. The API takes up to about 4.5 MB in one request. */
const ONE_REQUEST = 4_000_000;

async function send(file) {
  // The file that was picked before a reload is known again by what the page may know of it, and by who picked it.
  const kept = `upload:${await photos.signedIn()}:${file.name}:${file.size}:${file.lastModified}`;
  const uploadId = localStorage.getItem(kept) ?? undefined;
  try {
    await sendFrom(uploadId, file, kept);
    localStorage.removeItem(kept);
  } catch (error) {
    // Stopped, signed out, or broken off on the way: it can be resumed.
    if (!(error instanceof ProblemError) || ![404, 409, 422].includes(error.status)) throw error;
    // The upload is not there any more, is not whole, or was refused: nothing can go on with it.
    localStorage.removeItem(kept);
    if (uploadId === undefined) throw error;
    await send(file);
  }
}

async function sendFrom(resumeFrom, file, kept) {
  const options = {
    signal: stop.signal,
    resumable: file.size > ONE_REQUEST,
    keepOnAbort: true,
    resumeFrom,
    onUploadId: (uploadId) => localStorage.setItem(kept, uploadId),
    onProgress: ({ phase, done, total }) => say(`${file.name}: ${phase}`, done, total),
  };
  if (file.name.endsWith(".zip")) {
    const counts = { uploaded: 0, skipped: 0, failed: 0 };
    for await (const { outcome } of photos.unzip(file, options)) counts[outcome] += 1;
    say(`${file.name}: ${counts.uploaded} uploaded, ${counts.skipped} skipped, ${counts.failed} failed`);
  } else {
    const { filename } = await photos.upload(file, options);
    say(`${file.name}: stored as ${filename}`);
  }
}

async function showGallery() {
  const gallery = element("gallery");
  gallery.replaceChildren();
  for await (const photo of photos.list({ pageSize: 50 })) {
    const image = Object.assign(new Image(), { alt: photo.name });
    const item = document.createElement("li");
    item.append(image, photo.name);
    gallery.append(item);
    const { response } = await photos.download(photo.filename, { disposition: "inline" });
    image.addEventListener("load", () => URL.revokeObjectURL(image.src), { once: true });
    image.src = URL.createObjectURL(await response.blob());
    await image.decode().catch(() => {});
  }
  gallery.dataset.complete = "true";
}

async function showApp() {
  const signedIn = (await photos.signedIn()) !== undefined;
  element("sign-in").hidden = signedIn;
  element("app").hidden = !signedIn;
  if (signedIn) await showGallery();
}

function say(text, done = 1, total = 1) {
  element("status").textContent = text;
  Object.assign(element("progress"), { max: total, value: done });
}

async function shown(work) {
  element("problem").textContent = "";
  try {
    await work();
  } catch (error) {
    element("problem").textContent =
      error instanceof ProblemError ? `${error.code}: ${error.detail}` : `${error.name}: ${error.message}`;
  }
}

await shown(showApp);
