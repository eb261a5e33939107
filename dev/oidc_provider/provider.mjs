// The embedded OpenID provider: node-oidc-provider, which is certified by the OpenID Foundation.
//
// Any mail address is an account, with the password of the embedded mail host. Settings come in the
// environment (see dev/oidc.py). POST /control changes how the provider behaves, for the tests of
// faults; it takes the same secret as the clients have.

import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";

import { exportJWK, generateKeyPair } from "jose";
import { Provider } from "oidc-provider";

const { OIDC_HOST, OIDC_PORT, OIDC_SECRET, OIDC_PASSWORD, OIDC_CERTIFICATE, OIDC_KEY } = process.env;
const ISSUER = `https://${OIDC_HOST}:${OIDC_PORT}`;

// What a test may change. `clock` is in seconds; `down` answers everything with 503.
const USUAL = { ttl: 3600, rotate: false, clock: 0, down: false };
let control = { ...USUAL };
const calls = [];
const grants = new Map();
// Every secret that was given out, for the test that looks for them where they must not be.
const issued = new Set();

const trueNow = Date.now;
Date.now = () => trueNow() + control.clock * 1000;

const { privateKey } = await generateKeyPair("RS256", { extractable: true });
const signing = { ...(await exportJWK(privateKey)), use: "sig", alg: "RS256", kid: "one" };

const client = (client_id, redirect_uris = []) => ({
    client_id,
    client_secret: OIDC_SECRET,
    // A native client may come back to any port of this machine (RFC 8252 §7.3).
    application_type: "native",
    redirect_uris,
    response_types: redirect_uris.length ? ["code"] : [],
    grant_types: redirect_uris.length ? ["authorization_code", "refresh_token"] : [],
});

const provider = new Provider(ISSUER, {
    clients: [
        client("mail-sync", [
            "http://127.0.0.1/mail_sync_custom/oauth/callback",
            "http://localhost/mail_sync_custom/oauth/callback",
        ]),
        client("dovecot"),
    ],
    jwks: { keys: [signing] },
    cookies: { keys: [randomBytes(24).toString("hex")] },
    scopes: ["openid", "email", "offline_access", "mail"],
    claims: { openid: ["sub"], email: ["email", "email_verified"] },
    conformIdTokenClaims: false,
    pkce: { required: () => true, methods: ["S256"] },
    rotateRefreshToken: () => control.rotate,
    ttl: {
        AccessToken: () => control.ttl,
        AuthorizationCode: 60,
        IdToken: 3600,
        RefreshToken: 86400,
        Interaction: 3600,
        Session: 3600,
        Grant: 86400,
    },
    features: {
        devInteractions: { enabled: false },
        introspection: { enabled: true },
        revocation: { enabled: true },
    },
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_ctx, id) => ({
        accountId: id,
        claims: () => ({ sub: id, email: id, email_verified: true }),
    }),
});
for (const event of ["authorization_code.saved", "access_token.saved", "refresh_token.saved"]) {
    provider.on(event, (token) => issued.add(token.jti));
}
provider.on("server_error", (_ctx, error) => console.error(error));

// --- the pages ------------------------------------------------------------------------------

const escaped = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

const page = (title, body) => `<!doctype html><html lang="en"><head><meta charset="utf-8">
<title>${title}</title><style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 26rem; margin: 12vh auto; padding: 0 1rem }
label { display: block; margin: .6rem 0 } button { font: inherit; padding: .4rem 1.2rem }
input:not([type=checkbox]) { font: inherit; width: 100%; padding: .4rem; box-sizing: border-box }
</style></head><body><h1>${title}</h1>${body}</body></html>`;

const loginPage = (uid, hint, wrong) => page("Sign in", `
<form method="post" action="/interaction/${uid}/login">
${wrong ? "<p role=alert>Wrong address or password.</p>" : ""}
<label>Address <input name="login" value="${escaped(hint || "")}" required></label>
<label>Password <input name="password" type="password" autofocus required></label>
<button name="act" value="login">Sign in</button>
<button name="act" value="cancel" formnovalidate>Cancel</button></form>`);

const consentPage = (uid, account, scopes) => page("Allow access?", `
<form method="post" action="/interaction/${uid}/consent">
<p>Mail Sync wants to use the account ${escaped(account)}:</p>
${scopes.map((s) => `<label><input type="checkbox" name="scope" value="${escaped(s)}" checked>
 ${escaped(s)}</label>`).join("")}
<button name="act" value="allow">Allow</button>
<button name="act" value="deny">Deny</button></form>`);

async function form(req) {
    let body = "";
    for await (const piece of req) body += piece;
    return body;
}

async function login(req, res, details, uid) {
    const fields = new URLSearchParams(await form(req));
    if (fields.get("act") === "cancel") return deny(req, res);
    if (fields.get("password") !== OIDC_PASSWORD) {
        return send(res, 200, loginPage(uid, fields.get("login"), true));
    }
    const accountId = fields.get("login").trim().toLowerCase();
    return provider.interactionFinished(req, res, { login: { accountId } });
}

async function consent(req, res, details) {
    const fields = new URLSearchParams(await form(req));
    if (fields.get("act") !== "allow") return deny(req, res);
    const { session, params } = details;
    const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
    const wanted = params.scope.split(" ");
    const given = fields.getAll("scope");
    grant.addOIDCScope(wanted.filter((scope) => given.includes(scope)).join(" "));
    const refused = wanted.filter((scope) => !given.includes(scope));
    if (refused.length) grant.rejectOIDCScope(refused.join(" "));
    const grantId = await grant.save();
    grants.set(session.accountId, [...(grants.get(session.accountId) || []), grantId]);
    return provider.interactionFinished(req, res, { consent: { grantId } });
}

const deny = (req, res) =>
    provider.interactionFinished(
        req, res, { error: "access_denied", error_description: "The user said no" },
        { mergeWithLastSubmission: false },
    );

function send(res, status, body, type = "text/html; charset=utf-8") {
    res.writeHead(status, { "Content-Type": type });
    res.end(body);
}

async function interaction(req, res) {
    const [, , uid, step] = req.url.split("?")[0].split("/");
    const details = await provider.interactionDetails(req, res);
    if (req.method === "POST") return (step === "login" ? login : consent)(req, res, details, uid);
    const { prompt, params, session } = details;
    if (prompt.name === "login") return send(res, 200, loginPage(uid, params.login_hint));
    return send(res, 200, consentPage(uid, session.accountId, params.scope.split(" ")));
}

async function controlled(req, res) {
    if (req.headers.authorization !== `Bearer ${OIDC_SECRET}`) return send(res, 403, "no");
    if (req.method === "POST") {
        const wanted = JSON.parse(await form(req));
        if (wanted.forget) {
            // The user withdraws what they allowed, on a page that a real provider has.
            for (const grantId of grants.get(wanted.forget) || []) {
                await (await provider.Grant.find(grantId))?.destroy();
                await provider.RefreshToken.revokeByGrantId(grantId);
                await provider.AccessToken.revokeByGrantId(grantId);
            }
            grants.delete(wanted.forget);
            delete wanted.forget;
        }
        if (wanted.reset) {
            control = { ...USUAL };
            calls.length = 0;
            issued.clear();
        }
        delete wanted.reset;
        Object.assign(control, wanted);
    }
    return send(res, 200, JSON.stringify({ control, calls, issued: [...issued] }), "application/json");
}

const answer = provider.callback();

createServer(
    { cert: readFileSync(OIDC_CERTIFICATE), key: readFileSync(OIDC_KEY) },
    async (req, res) => {
        try {
            if (req.url === "/control") return await controlled(req, res);
            if (control.down) return send(res, 503, "down for maintenance");
            if (req.method === "POST") calls.push(req.url.split("?")[0]);
            if (req.url.startsWith("/interaction/")) return await interaction(req, res);
            return answer(req, res);
        } catch (error) {
            console.error(error);
            return send(res, 400, page("Something is wrong", escaped(error.message)));
        }
    },
).listen(Number(OIDC_PORT), OIDC_HOST, () => console.log(`listening: ${ISSUER}`));
