// Audits pages with Lighthouse: accessibility and best practices, as a desktop and as a phone.
// Reads {"chromium": path, "cookie": text, "pages": [[name, address]]}. Returns one result per page and form.
import { launch } from "chrome-launcher";
import lighthouse, { desktopConfig } from "lighthouse";
import { readFileSync } from "node:fs";

const { chromium, cookie, pages } = JSON.parse(readFileSync(0, "utf8"));
const flags = ["--headless=new", "--no-sandbox", "--disable-gpu"];
const chrome = await launch({ chromePath: chromium, chromeFlags: flags, logLevel: "silent" });
const results = [];
for (const [name, address] of pages) {
  for (const [form, config] of [["desktop", desktopConfig], ["phone", undefined]]) {
    const options = {
      port: chrome.port,
      logLevel: "silent",
      onlyCategories: ["accessibility", "best-practices"],
      extraHeaders: { Cookie: cookie },
      disableStorageReset: true,
    };
    const { lhr } = await lighthouse(address, options, config);
    const failed = Object.values(lhr.audits).filter((audit) => audit.score !== null && audit.score < 1);
    results.push({
      name,
      form,
      address: lhr.finalDisplayedUrl,
      error: lhr.runtimeError?.message ?? null,
      scores: Object.fromEntries(Object.values(lhr.categories).map((it) => [it.id, Math.round(it.score * 100)])),
      failed: failed.map((audit) => `${audit.id}: ${audit.title}`),
    });
  }
}
chrome.kill();
console.log(JSON.stringify(results));
