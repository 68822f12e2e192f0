// Makes cloudfront_signer.json: links of AWS's own signer for Node, with the keys of this folder.
// In a folder of your choice: npm install @aws-sdk/cloudfront-signer@3.1166.0; then node make.mjs FOLDER > FILE.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const { getSignedUrl, getSignedCookies } = createRequire(join(process.argv[2], "/"))("@aws-sdk/cloudfront-signer");
const keyPairId = "K2JCJMDEHXQW5F";
const site = "https://d111111abcdef8.cloudfront.net";
const dateLessThan = new Date(1767290400 * 1000);
const dateGreaterThan = new Date(1767290000 * 1000);
const inputs = [
  { url: `${site}/content/7/video.mp4`, dateLessThan },
  { url: `${site}/content/7/video.mp4?size=large&license=yes`, dateLessThan },
  { url: `${site}/content/7/video.mp4`, dateLessThan, dateGreaterThan },
  { url: `${site}/content/7/video.mp4`, dateLessThan, ipAddress: "192.0.2.17" },
  { url: `${site}/content/7/video.mp4?size=large&license=yes`, dateLessThan, ipAddress: "192.0.2.17" },
  { url: `${site}/content/7/video.mp4`, dateLessThan, dateGreaterThan, ipAddress: "192.0.2.0/24" },
  // A wildcard makes the policy no custom one here, so that this case has a condition, too.
  { url: `${site}/content/7/*`, dateLessThan, ipAddress: "192.0.2.17", cookiesOnly: true },
];
const seconds = (date) => (date ? date.getTime() / 1000 : null);
const vectors = [];
for (const key of ["rsa", "ecdsa"]) {
  const privateKey = readFileSync(new URL(`${key}.pem`, import.meta.url));
  for (const algorithm of ["SHA1", "SHA256"]) {
    for (const { cookiesOnly, ...input } of inputs) {
      const signing = { ...input, keyPairId, privateKey, algorithm };
      vectors.push({
        key,
        algorithm,
        key_id: keyPairId,
        url: input.url,
        expires: seconds(input.dateLessThan),
        not_before: seconds(input.dateGreaterThan),
        ip_address: input.ipAddress ?? null,
        signed_url: cookiesOnly ? null : getSignedUrl(signing),
        cookies: getSignedCookies(signing),
      });
    }
  }
}
console.log(JSON.stringify(vectors, null, 1));
