// Generated from docs/api/openapi.yaml by "npm run types". Do not edit.
/* eslint-disable */
export interface paths {
    "/api/v1/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Is the service alive, and does it want an account
         * @description The first thing a page asks. `accounts` decides between `POST auth/local` and the login page.
         */
        get: operations["getHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/healthz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Liveness probe
         * @description For a supervisor: the process runs and its loop turns. Says nothing of what it depends on; that is `/readyz`.
         */
        get: operations["getLiveness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/readyz": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Readiness probe
         * @description For a load balancer: `200` while new work may be sent here. Anything else names what is not right (the store, the master key, the disk) and the way out.
         */
        get: operations["getReadiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Numbers for Prometheus
         * @description Text exposition format 0.0.4, or OpenMetrics 1.0.0 for who accepts it. No name, no id, nothing that was said. With accounts on, for
         *     programs on the server's own machine, and from elsewhere for those that send `Authorization: Bearer` with its `INTERVIEWD_METRICS_TOKEN`.
         */
        get: operations["getMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/engines": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Which recogniser and which answer providers are active
         * @description Everything this build knows of, active or not, in the order in which it is tried. `note` is for a person. Answers at once; providers are asked in the background.
         */
        get: operations["getEngines"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/signup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Make an account and sign in
         * @description With the `token` of the link that `POST auth/signup/mail` sends (`signUps` of the health is `mail`): 401 `link_expired` when it is too old, or
         *     there is an account of its address by now. Where `signUps` is `on`, with an `email` instead; 409 `email_taken` tells then that somebody has it.
         *     403 `accounts_off` in single-user mode, 403 `sign_ups_off` where accounts are made by whoever runs the server. A password that is easy to
         *     guess is refused with the reason.
         */
        post: operations["signup"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/signup/mail": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask for a link that makes an account
         * @description Answers the same at once whether or not there is such an account: only behind the answer somebody looks, and who reads the mail of the address
         *     gets the link, which works for an hour, or hears that they have an account. Limited as signing in is. 403 `accounts_off`, or `sign_ups_off`
         *     where accounts are made by whoever runs the server, as where it sends no mail; 409 `conflict` where `signUps` of the health is `on`.
         */
        post: operations["signupByMail"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign in with e-mail and password
         * @description Wrong e-mail and wrong password get the same 401 `invalid_credentials` after the same time. 403 `account_disabled` for who knows the
         *     password of an account that is disabled.
         */
        post: operations["login"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/login/passkey/options": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A challenge to sign in with a passkey
         * @description What `PublicKeyCredential.parseRequestOptionsFromJSON()` reads. It names no credentials: the device knows which it has for `rpId`, the host of the page that
         *     asks (`Origin`, else `Host`), so nobody learns who has an account. The challenge is good once and for five minutes. 403 `passkeys_unavailable` where browsers have
         *     no passkeys: pages without HTTPS (but `localhost`), and addresses instead of names.
         */
        post: operations["askForPasskey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/login/passkey": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign in with a passkey
         * @description The parts of what `navigator.credentials.get()` gave, each base64url. 401 `invalid_credentials` with a sentence when it does not hold: another page, a challenge that
         *     was spent or is too old, a passkey that is not known (any more), a signature, or a counter that says that there is a copy. 403 `account_disabled` to whose account it is.
         */
        post: operations["loginWithPasskey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/local": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign in as the local owner (single-user mode)
         * @description Only for a loopback peer whose `Host` names loopback (127.0.0.0/8, [::1], localhost) and whose `Origin` is the same origin
         *     (browsers send one with every POST; other programs set it themselves); otherwise 403 `forbidden_origin`. With accounts on: 403 `accounts_on`. The body may be empty.
         */
        post: operations["loginLocal"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Exchange a refresh token for a new pair
         * @description Takes the token from the body, or else from the cookie `__Host-interviewd_refresh` (over plain HTTP `interviewd_refresh`), which needs an `Origin`, a `Sec-Fetch-Site` or an `Authorization` beside it. Every use rotates it. A token that was used
         *     before ends the whole sign-in, access tokens and sockets included, and answers 401 `refresh_reused`; anything else that is no good answers 401 `unauthorized`. A
         *     request that was on its way already while another one rotated the same token (two tabs at the same moment) is 409 `conflict`:
         *     nothing is revoked, and the cookie holds the new token.
         *     The body may be empty.
         */
        post: operations["refresh"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign out here
         * @description Ends the sign-in of the refresh token in the body or the cookie, and that of the access token if there is one, and clears the
         *     cookie. 204 also when there was nothing to end. Needs no access token.
         */
        post: operations["logout"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Set another password
         * @description The sign-in that asks stays; every other one of the account ends. A wrong `current` is 401 `invalid_credentials`. Limited as signing
         *     in is. 403 `accounts_off` in single-user mode.
         */
        post: operations["changePassword"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who am I
         * @description With settings and subscription, as the page shows them.
         */
        get: operations["getMe"];
        put?: never;
        post?: never;
        /**
         * Erase the account and everything in it
         * @description Profiles, sessions, transcripts, audio and tokens go for good. In single-user mode the data goes and a new, empty local
         *     owner is made at the next `auth/local`.
         */
        delete: operations["deleteMe"];
        options?: never;
        head?: never;
        /**
         * Change the display name or settings
         * @description Members left out stay as they are, inside `settings` too.
         */
        patch: operations["updateMe"];
        trace?: never;
    };
    "/api/v1/auth/me/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * All of one's own data, as an archive
         * @description A zip that is made while it is sent, so it has no `Content-Length` and can be of any size: account and settings, photo, profiles, sessions (JSON
         *     that `sessions/import` takes, and Markdown), recordings, transcriptions, the voice that is kept, sign-ins, personal keys (never a key itself), progress, and one's audit log. `README.txt` in
         *     it says what is what.
         */
        get: operations["exportMe"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/me/photo": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One's own photo
         * @description Nobody else's is given; `photoURL` of `auth/me` says whether there is one.
         */
        get: operations["getPhoto"];
        /**
         * Another photo
         * @description PNG, JPEG or WebP of at most 256 KiB, known by its first bytes; anything else is 415 `unsupported_media`. Kept sealed, and given to nobody
         *     else. `photoURL` then is this address with a new query.
         */
        put: operations["putPhoto"];
        post?: never;
        /**
         * No photo any more
         * @description It is erased from the disk, and `photoURL` of `auth/me` is null.
         */
        delete: operations["deletePhoto"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/sign-ins": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Where one is signed in, the one used last first
         * @description At most 100. `lastSeenAt` is when the sign-in was last renewed, which happens every quarter of an hour while it is used.
         */
        get: operations["listSignIns"];
        put?: never;
        post?: never;
        /**
         * Sign out everywhere else
         * @description The sign-in that asks stays. Access tokens and sockets of the others end at once.
         */
        delete: operations["deleteOtherSignIns"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/sign-ins/{signInId}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                signInId: components["parameters"]["SignInId"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Sign out on one device
         * @description Also the one that asks; its cookie goes then.
         */
        delete: operations["deleteSignIn"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/passkeys/options": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A challenge to add a passkey
         * @description What `PublicKeyCredential.parseCreationOptionsFromJSON()` reads. Ten minutes after signing in the password is asked for: 403 `password_needed` without it, 401
         *     `invalid_credentials` with a wrong one. The challenge is good once, for this user and for five minutes. 403 `passkeys_unavailable` as of signing in with one.
         */
        post: operations["askToAddPasskey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/passkeys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Passkeys, the newest first
         * @description At most twenty.
         */
        get: operations["listPasskeys"];
        put?: never;
        /**
         * Add a passkey
         * @description The parts of what `navigator.credentials.create()` gave. 422 with the reason at `/attestationObject` when it does not hold: another page, a challenge that was spent or
         *     is too old, a device that did not ask who is there, a key of a kind that was not offered, an attestation that was not asked for.
         */
        post: operations["addPasskey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/passkeys/{passkeyId}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                passkeyId: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Remove a passkey
         * @description Nobody signs in with it any more. Sign-ins that it began go on until they are ended (`DELETE auth/sign-ins/{signInId}`).
         */
        delete: operations["removePasskey"];
        options?: never;
        head?: never;
        /**
         * Call a passkey something else
         * @description The name is only for its owner to tell one from another; signing in goes on as before.
         */
        patch: operations["renamePasskey"];
        trace?: never;
    };
    "/api/v1/auth/me/providers": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Who answers me
         * @description Each language model that there is, first those that are asked, in their order. With keys of one's own they are asked for nobody else; what one has not chosen is the
         *     operator's. The built-in answer is always behind them and not named here. How each of them is doing, `GET llm/models` tells. 403 `not_operator` where the operator has
         *     switched it off (`own-keys`).
         */
        get: operations["listProviders"];
        /**
         * In which order they are asked
         * @description Those that are named are asked, in this order, and nobody else; the built-in answer stays behind them. None named: it alone answers. `null`: no order of one's own:
         *     `settings.preferredLLM`, then those that one brought a key or an address for, then the operator's.
         */
        put: operations["orderProviders"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/me/providers/{provider}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example groq */
                provider: string;
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * A key, a model or an address of one's own
         * @description What is left out stays; `null` removes it. The key is kept sealed and never told again, but how it ends. Addresses are for the local owner, administrators and the
         *     operators of the setting `operators` to give: else 403 `not_operator`. Another address forgets the key unless it comes with one. A provider that gets a key or an address
         *     is asked first.
         */
        patch: operations["changeProvider"];
        trace?: never;
    };
    "/api/v1/auth/me/providers/{provider}/test": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example groq */
                provider: string;
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Does it answer?
         * @description It is asked for its models and then for one word, with what the body says beside what is kept; nothing is kept. Without a body it is asked as it is kept. The answer comes
         *     when it is known, within seconds; a model of this machine may take a minute.
         */
        post: operations["testProvider"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Personal keys, the newest first
         * @description At most twenty. The keys themselves are not kept, only how they begin.
         */
        get: operations["listKeys"];
        put?: never;
        /**
         * Make a personal key
         * @description For programs that keep one key for good: `Authorization: Bearer ik_…` does what an access token does, under `/v1` and `/api/v1`, but for the account itself:
         *     `auth/…` (other than `GET auth/me`) and `admin/…` are 403 `sign_in_needed`, and the WebSockets want an access token. It counts against its user's rate limit
         *     and is good until it is revoked. The key is told now and never again.
         */
        post: operations["makeKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/keys/{keyId}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                keyId: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revoke a personal key
         * @description The next request with it is refused, and what runs with it is broken off.
         */
        delete: operations["revokeKey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/forgot": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Ask for a link that sets another password
         * @description Answers the same at once whether or not there is such an account: only behind the answer somebody looks, and a mail goes to an account's own
         *     address. 503 `unavailable` where the server sends no mail (`mail` of the health): whoever runs it makes a link then, with
         *     `interviewd admin reset-password`. Limited as signing in is. 403 `accounts_off` in single-user mode.
         */
        post: operations["forgotPassword"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/auth/reset": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Set a password with the token of a link
         * @description The token is what stands behind the `#` of the link. It works once, within an hour (an invitation: within seven days), and the newest of an
         *     account alone. All sign-ins of the account end. 401 `link_expired` when it is not good any more.
         */
        post: operations["resetPassword"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/hearing": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Which recogniser hears everybody here
         * @description For operators. As it was chosen here, or else as the server's settings say. A key never comes out, only how it ends.
         */
        get: operations["getRecogniser"];
        put?: never;
        post?: never;
        /**
         * As the server's settings say again
         * @description What was chosen is forgotten, with its key.
         */
        delete: operations["resetRecogniser"];
        options?: never;
        head?: never;
        /**
         * Choose another recogniser, model or service
         * @description Goes before the server's settings, now and after a restart; kept encrypted. Members that are not named stay as they were chosen. It counts at once, or,
         *     while somebody is being heard, when nobody is any more (`waits`). 422 when it could not hear: a model that is not here, a service without an address.
         *     Another address forgets the key.
         */
        patch: operations["chooseRecogniser"];
        trace?: never;
    };
    "/api/v1/admin/hearing/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Does it hear? It is given one short sentence
         * @description With what the body says beside what was chosen; nothing of it is kept. A local model is loaded beside the one in use, and given back. One at a time: another
         *     one is told 503 `overloaded`. A service gets the sentence as sound, and may take half a minute to fail.
         */
        post: operations["testRecogniser"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The accounts of this server, newest first
         * @description For operators. What their interviews hold is not told.
         */
        get: operations["listUsers"];
        put?: never;
        /**
         * Make an account, and a link with which its person sets the password
         * @description The link works for seven days, once. 403 `accounts_off` in single-user mode.
         */
        post: operations["addUser"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/users/{userId}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                userId: components["parameters"]["UserId"];
            };
            cookie?: never;
        };
        /**
         * An account
         * @description For operators. What its interviews hold is not told.
         */
        get: operations["getUser"];
        put?: never;
        post?: never;
        /**
         * Erase an account and everything in it
         * @description For operators: all that `DELETE auth/me` erases, as when its owner does it.
         */
        delete: operations["deleteUser"];
        options?: never;
        head?: never;
        /**
         * Disable or enable an account, or change its role
         * @description A disabled account is signed out everywhere at once and cannot sign in (403 `account_disabled`, for who knows the password); what is in it stays. One's own
         *     account is 409 `conflict`.
         */
        patch: operations["updateUser"];
        trace?: never;
    };
    "/api/v1/admin/users/{userId}/sign-ins": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                userId: components["parameters"]["UserId"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Sign somebody out everywhere
         * @description For operators. Access tokens stop counting at once, and sockets are closed; the password stays as it is.
         */
        delete: operations["deleteUserSignIns"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/admin/users/{userId}/reset": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                userId: components["parameters"]["UserId"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A link with which somebody sets another password
         * @description It works for an hour, once. The password they have is still good until then.
         */
        post: operations["resetUser"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What was done to one's records and account, and what was refused, newest first
         * @description Own events only: records read, listed, made, changed, exported and erased; sign-ins, failed ones too; sign-outs; a refresh token used
         *     twice; another password; interviews joined; and what was refused. Names and ids, never what a record says. The log is bounded: the
         *     oldest events are forgotten first.
         */
        get: operations["listAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/profiles": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The profiles of the signed-in user, newest first
         * @description The user's own, newest first, a page at a time.
         */
        get: operations["listProfiles"];
        put?: never;
        /**
         * Make a profile
         * @description A person may have several, one for each kind of job they apply for; a session names the one it stands on.
         */
        post: operations["createProfile"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/profiles/{profileId}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                profileId: components["parameters"]["ProfileId"];
            };
            cookie?: never;
        };
        /**
         * One profile
         * @description Whole, with its context in clear: that is sealed only where it is stored.
         */
        get: operations["getProfile"];
        /**
         * Replace a profile
         * @description The whole profile; optional members left out get their defaults.
         */
        put: operations["replaceProfile"];
        post?: never;
        /**
         * Delete a profile
         * @description Sessions held with it stay; their `profileId` becomes null.
         */
        delete: operations["deleteProfile"];
        options?: never;
        head?: never;
        /**
         * Change some members of a profile
         * @description Members left out stay as they are, so two changes of different members at once are both kept.
         */
        patch: operations["updateProfile"];
        trace?: never;
    };
    "/api/v1/profiles/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What a résumé's text says, before it is saved
         * @description Who it is about, as far as the usual form of a résumé tells, and its stories: the bullets and paragraphs in which somebody does
         *     something, each with its situation, task, action and result as the answers understand them, and what is missing. Everything but
         *     name, role, years and skills is a verbatim run of the text; they are guesses for a person to check. Nothing is stored.
         */
        post: operations["previewProfile"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/profiles/{profileId}/match": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                profileId: components["parameters"]["ProfileId"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * How much of a posting a profile speaks of
         * @description The requirements of the posting in its order (bullets, sentences that ask, items of lists such as "Essential: …, …"; at most 40), and
         *     for each whether the profile tells a story of it, mentions it (as a skill, a fact, or by the years), or says nothing. "Covered" means
         *     that there is something to quote, not that the candidate is good enough; wrong guesses happen either way, so each comes with
         *     its passage. Searched by meaning where the network is there (`by`), else by words. Nothing is stored.
         */
        post: operations["matchProfile"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The sessions of the signed-in user, newest first
         * @description The user's own, newest first, a page at a time. Of several filters all must fit; `nextCursor` belongs to the filters it came with.
         *     To find sessions by words, `GET /api/v1/search`.
         */
        get: operations["listSessions"];
        put?: never;
        /**
         * Begin a session
         * @description An unknown `profileId`, or one of somebody else, is 422 with `field` `/profileId`. The body may be `{}`.
         */
        post: operations["createSession"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/create": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Begin a session (other name of `POST /sessions`)
         * @description Exactly `POST /api/v1/sessions`.
         */
        post: operations["createSessionAlias"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A session out of a file that was exported as JSON
         * @description Everything in the file is kept, all of it or nothing. Ids are new: the session may still be there. A profile of the user's that the
         *     session names is used; otherwise the file's is added. Recordings are no part of the file, so `audioUrl` is `null`.
         */
        post: operations["importSession"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/analytics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What happened each day
         * @description Sessions, users, lengths, roles and providers of each day of UTC on which sessions were begun, newest first; one's own, or with
         *     `scope=all` everybody's, for an operator. They are kept as sessions and answers are written, and are those of a recount: what is
         *     erased leaves them too.
         */
        get: operations["getAnalytics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/analytics/progress": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How one comes along
         * @description Session by session, newest first, how fast the candidate spoke, with how many fillers, how the answers were scored, and which kinds of questions there were.
         */
        get: operations["getProgress"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/search": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Sessions by the words in them
         * @description Of the user's own sessions those in which every word of `q` stands somewhere: in the title, the job description, a question, an
         *     answer, or a line. Newest first, a page at a time, with the same filters as `GET /sessions`. Case does not count, nor do accents of
         *     Latin letters; the last word counts as the beginning of one. Each session comes with its best places: its head, and up to three
         *     lines, those that have most of the words first. What is searched is an index in the memory of the server, made at the first search
         *     (a moment longer) and wiped at sign-out and when it is not used; what was written before a search is found by it.
         */
        get: operations["search"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{sessionId}/timeline": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                sessionId: components["parameters"]["SessionId"];
            };
            cookie?: never;
        };
        /**
         * Where each question's time went
         * @description Made of what is kept with every pair, so it can be had long after the interview.
         */
        get: operations["getSessionTimeline"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{sessionId}/recordings": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                sessionId: components["parameters"]["SessionId"];
            };
            cookie?: never;
        };
        /**
         * The recordings of a session
         * @description What was recorded of it live, with what was agreed to, and what was sent for it; oldest first, the first hundred. How a live
         *     interview is recorded: `record` on `/ws/llm-stream` (WsLlmRecord).
         */
        get: operations["listSessionRecordings"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{sessionId}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                sessionId: components["parameters"]["SessionId"];
            };
            cookie?: never;
        };
        /**
         * One session
         * @description What was said in it is under `transcripts`.
         */
        get: operations["getSession"];
        /**
         * Change a session
         * @description Members left out stay as they are. `status` `completed` or `abandoned` sets `completedAt` (unless set) and `duration`;
         *     back to `active` clears `completedAt`.
         */
        put: operations["updateSession"];
        post?: never;
        /**
         * Delete a session with its transcripts and audio
         * @description With everything that was said and recorded in it. There is no way back.
         */
        delete: operations["deleteSession"];
        options?: never;
        head?: never;
        /**
         * Change a session (other name of `PUT`)
         * @description Exactly `PUT`: members left out stay as they are. `{"title": "…"}` renames a session.
         */
        patch: operations["patchSession"];
        trace?: never;
    };
    "/api/v1/sessions/{sessionId}/transcripts": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                sessionId: components["parameters"]["SessionId"];
            };
            cookie?: never;
        };
        /**
         * The pairs of a session, and the lines between them
         * @description Newest first (by `questionNumber`, then `timestamp`), or oldest first with `order=asc`.
         */
        get: operations["listTranscripts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{sessionId}/voice": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                sessionId: components["parameters"]["SessionId"];
            };
            cookie?: never;
        };
        /**
         * Is the candidate known by voice in this session?
         * @description How well the candidate's voice is known in this session, and what they agreed to.
         */
        get: operations["getSessionVoice"];
        /**
         * Teach the candidate's voice with a phrase
         * @description A recording of the candidate alone, of 3 s of speech or more (6 s are better; the first 8 are used), at most a minute and 8 MiB. The words
         *     that the person agreed to come with it, and are kept with the session and the time. The voice itself is kept in memory for this session,
         *     and with `keep` sealed for the next ones, until `DELETE /voice`. No answer ever holds a voice. A phrase replaces the one before.
         */
        put: operations["teachSessionVoice"];
        post?: never;
        /**
         * Forget all voices of this session
         * @description Interviewers' voices and the candidate's alike. Each is learned anew from who speaks next, the candidate's from another phrase.
         */
        delete: operations["forgetSessionVoices"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{sessionId}/talk": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                sessionId: components["parameters"]["SessionId"];
            };
            cookie?: never;
        };
        /**
         * Who spoke for how long
         * @description Of all that was said in the session, how much by whom.
         */
        get: operations["getSessionTalk"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/voice": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The voice that is kept of me
         * @description The voice itself is never given; this says how much speech it was learned from and what was agreed to.
         */
        get: operations["getKeptVoice"];
        put?: never;
        post?: never;
        /**
         * Erase the voice that is kept of me
         * @description No interview knows it from then on, those included that run.
         */
        delete: operations["eraseKeptVoice"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/sessions/{sessionId}/export": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                sessionId: components["parameters"]["SessionId"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * The session as a file
         * @description The same session gives the same bytes, except in `json`, which says when it was exported.
         */
        post: operations["exportSession"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/transcripts/{transcriptId}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                transcriptId: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        /**
         * One pair
         * @description A question with its answer, or a line that wanted none. As text or subtitles it holds what was said, from its own beginning.
         */
        get: operations["getTranscript"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Correct what was heard
         * @description Other words for a question or a line. What was heard stays beside them (`heard`), and everything that comes after goes by the
         *     corrected words: prompts, search, documents. An answer that was made of the words before is marked (`answerOutdated`) until the
         *     question is asked again in its place: `POST llm/generate` with `transcriptId`. The words that were heard, sent again, undo it.
         */
        patch: operations["correctTranscript"];
        trace?: never;
    };
    "/api/v1/transcribe": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Transcribe a recording
         * @description Any format the server's decoder reads (wav, mp3, flac, ogg/opus, webm, m4a, …), at most 64 MiB and two hours. Nothing is kept.
         *
         *     Or one that is kept already (`audioId`, at most two hours): one of up to ten minutes is answered at once (200), a longer one, or any with
         *     `background`, is heard in the background (202). That survives a restart; `GET transcriptions/{id}` tells how far it is.
         */
        post: operations["transcribe"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/transcriptions/{transcriptionId}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                transcriptionId: components["parameters"]["TranscriptionId"];
            };
            cookie?: never;
        };
        /**
         * How far a transcription in the background is, and what was heard
         * @description It goes with its recording.
         */
        get: operations["getTranscription"];
        put?: never;
        post?: never;
        /**
         * Cancel it, or forget what was heard
         * @description The recording stays.
         */
        delete: operations["deleteTranscription"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audio/upload": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Keep a recording
         * @description The recording as the part `file` of a form, or as the body itself. It is stored sealed as it comes and never held in memory, then
         *     decoded once to see that it is sound and how long: webm, ogg, mp4, m4a, aac, mp3, flac, wav, amr, aiff, mkv and what else the
         *     decoder reads, at most 200 MB and six hours. It is erased after `expiresAt`, and with its session and its user.
         *
         *     What is kept is Opus at 48 kHz mono and some 40 kbit/s (a stereo recording whose channels are opposite is heard all the same), or,
         *     with `keep` `original`, what was sent. What is Opus already, or would be no smaller, is kept as it was sent. `format` and `bytes`
         *     say what is kept, `original` what was sent.
         */
        post: operations["uploadAudio"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audio/devices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What the server's own machine can hear
         * @description Its microphones, and monitors: what is played there. Capturing the monitor of the output that a meeting program plays on is hearing
         *     the others in the meeting, without sharing a tab (`source` `host` of WsTranscribeStart). Asked of PulseAudio or PipeWire, else of ALSA,
         *     which has no monitors.
         */
        get: operations["listAudioDevices"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/audio/{audioId}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                audioId: components["parameters"]["AudioId"];
            };
            cookie?: never;
        };
        /**
         * A recording, or a part of it
         * @description It never changes: `ETag` is a strong one, for `If-None-Match` and `If-Range`. One range of bytes at a time; asked for
         *     several, all of it is sent (RFC 9110 section 14.2). Of an interview that is being recorded this is what is there now, which plays;
         *     its `ETag` is another one each time it has grown.
         */
        get: operations["getAudio"];
        put?: never;
        post?: never;
        /**
         * Erase a recording
         * @description Its sound is gone from the disk when this is answered.
         */
        delete: operations["deleteAudio"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/models": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What can be heard with, what is here of it, and what is coming
         * @description What can be had, what is here, and how far a download has come.
         */
        get: operations["listHearingModels"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/models/{name}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Of the catalogue; nothing else can be named */
                name: components["parameters"]["ModelName"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Remove a model, or what came of one
         * @description Who hears with it now goes on with it; the next interview takes another.
         */
        delete: operations["removeModel"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/models/{name}/get": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Of the catalogue; nothing else can be named */
                name: components["parameters"]["ModelName"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Fetch a model
         * @description It comes meanwhile, from where the catalogue and the settings of the server say; `GET models` says how far it is. What was interrupted goes on where it was. The next interview hears with it.
         */
        post: operations["getModel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/models/{name}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Of the catalogue; nothing else can be named */
                name: components["parameters"]["ModelName"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stop fetching a model
         * @description What has come of it stays, for the next time.
         */
        post: operations["cancelModel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/models/{name}/verify": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Of the catalogue; nothing else can be named */
                name: components["parameters"]["ModelName"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Compare a model with its published checksum
         * @description `detail` of `GET models` says what was found.
         */
        post: operations["verifyModel"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/hearing/{language}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                language: components["parameters"]["HearingLanguage"];
            };
            cookie?: never;
        };
        /**
         * What this language is heard with here, what is missing, and what would hear it better
         * @description Whether anything here hears the language, with which model, and what could be fetched; the page asks before an interview begins.
         */
        get: operations["getHearing"];
        put?: never;
        /**
         * This language will be spoken
         * @description What is `missing` for it begins to come (unless the server is set not to: `fetched`), as it does when a session is created in it or
         *     changed to it. It comes meanwhile: ask GET how far it is. After a try that failed it is not tried again by itself for ten minutes;
         *     `POST models/{name}/get` does so at once.
         */
        post: operations["chooseHearing"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/llm/generate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Answer a question
         * @description With `stream: true` (or `Accept: text/event-stream`) the answer is a stream of server-sent events; each `data:` line is one
         *     `WsLlmServerMessage` and `event:` its `type`: `started`, `outline`, `delta`, `check` … and a last `delta` with `finish: true`. Closing the
         *     connection interrupts. Without, one JSON object when it is done. With a `sessionId` the profile and job description of the
         *     session ground the answer, the pair is kept, and the same messages go to the session's `/ws/llm-stream` sockets.
         */
        post: operations["generate"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/llm/interrupt": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stop a running answer
         * @description Exactly one of `generationId` and `sessionId`. 202 also when nothing was running any more (`interrupted` is then 0).
         */
        post: operations["interrupt"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/llm/models": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Which models can answer
         * @description In the order of the chain. A provider that cannot be reached is listed with `available` false and why in `note`. `providers` tells how each one is and
         *     how long it took to its first word, as measured on the questions it was asked.
         */
        get: operations["listModels"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audio/transcriptions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Transcribe a recording, as OpenAI's API does
         * @description Any format the server's decoder reads, at most 64 MiB and two hours. With `stream` each segment is an event as it is heard.
         */
        post: operations["createTranscription"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/audio/translations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What a recording says, in English
         * @description Where the recogniser can translate (a Whisper that knows several languages); English stays as it is.
         */
        post: operations["createTranslation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What hears and what answers here
         * @description The recogniser (and `whisper-1`, which is whatever hears), `auto` (the chain of providers in its order), and each model that a provider lists
         *     just now, as `provider/model`.
         */
        get: operations["listOpenAIModels"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/models/{model}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One of them
         * @description Names hold slashes as they are in the list (`groq/llama-3.3-70b-versatile`).
         */
        get: operations["getOpenAIModel"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/chat/completions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Answer a program's own messages
         * @description The messages go to the chain of providers as they are (`auto`), or to the one that `model` names; nothing is added and nothing is kept.
         *     A provider that fails before its first word gives its place to the next. The built-in answer (`outline`) is no language model: it answers
         *     the last message, by its name or where nothing else is set up. Parameters that are not named here (`top_p`, `seed`, `user` …) are taken and
         *     not used; `tools` are refused. `usage` counts as the provider does; where it does not count, `estimated` is true.
         *     With `stream` each `data:` line is an `OpenAIChatChunk` and the last one `[DONE]`; what fails before the first word has an error of its own.
         */
        post: operations["createChatCompletion"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @example s_01hx8m4v2c9q */
        Id: string;
        /**
         * Format: date-time
         * @description RFC 3339, UTC, milliseconds
         * @example 2026-05-14T09:26:53.589Z
         */
        Time: string;
        /**
         * @description BCP 47 as far as `en` or `en-GB`; `auto` lets the recogniser find out
         * @default en
         * @example en
         */
        Language: string;
        Empty: Record<string, never>;
        /**
         * @description 400 bad_request, invalid_json · 401 unauthorized, token_expired, invalid_credentials, refresh_reused, link_expired · 403 forbidden_origin,
         *     accounts_on, accounts_off, not_operator, account_disabled, sign_ups_off, sign_in_needed, password_needed, passkeys_unavailable · 404 not_found · 405 method_not_allowed · 409 conflict, email_taken · 413 too_large ·
         *     415 unsupported_media · 422 invalid_fields · 429 rate_limited · 500 internal, damaged · 502 provider_failed · 503 overloaded,
         *     unavailable · 507 storage_full (deleting works), quota_exceeded
         * @enum {string}
         */
        ProblemCode: "bad_request" | "invalid_json" | "unauthorized" | "token_expired" | "invalid_credentials" | "refresh_reused" | "link_expired" | "forbidden_origin" | "accounts_on" | "accounts_off" | "not_operator" | "sign_in_needed" | "account_disabled" | "password_needed" | "passkeys_unavailable" | "sign_ups_off" | "not_found" | "method_not_allowed" | "conflict" | "email_taken" | "too_large" | "unsupported_media" | "invalid_fields" | "rate_limited" | "internal" | "provider_failed" | "overloaded" | "unavailable" | "damaged" | "storage_full" | "quota_exceeded";
        Problem: {
            /**
             * Format: uri-reference
             * @description `urn:interviewd:problem:` and the code
             */
            type: string;
            /** @description The status in words */
            title: string;
            status: number;
            code: components["schemas"]["ProblemCode"];
            /** @description One sentence for a person; never contains a secret */
            detail: string;
            /** @description The same as in the header `X-Request-Id` */
            requestId: string;
            /** @description Only with `invalid_fields` */
            errors?: components["schemas"]["FieldError"][];
        };
        FieldError: {
            /** @description JSON pointer into the body (`/skills/3`), or the bare name of a query parameter (`limit`) */
            field: string;
            message: string;
        };
        Health: {
            /** @constant */
            status: "ok";
            /** @example 0.1.0 */
            version: string;
            /**
             * @description `off`: single-user mode, sign in by `POST auth/local`
             * @enum {string}
             */
            accounts: "on" | "off";
            /**
             * @description `mail`: by a link that comes by mail; `on`: at once; `off`: accounts are made by whoever runs the server
             * @enum {string}
             */
            signUps: "on" | "mail" | "off";
            /**
             * @description `off`: no mail about a forgotten password
             * @enum {string}
             */
            mail: "on" | "off";
        };
        Readiness: {
            /** @enum {string} */
            status: "ok" | "unavailable";
            /** @enum {string} */
            store: "ok" | "unavailable";
            /** @enum {string} */
            recogniser: "ok" | "loading" | "unavailable";
            /**
             * @description What the server gave up at its start; `partial` where the kernel has not all of it; `none` where it has nothing of it or the setting `confine` is off
             * @enum {string}
             */
            confined: "full" | "partial" | "none";
            /**
             * @description `resealing` while what an older master key sealed is sealed by the newest; `failed` when that broke off and is tried again (the log says why)
             * @enum {string}
             */
            keys: "ok" | "resealing" | "failed";
            /** @description Fields and recordings that were sealed anew since that began */
            resealed: number;
            /** @description What is wrong, worst first; empty when nothing is. A problem of `key` or `clock` leaves the server ready. */
            problems: components["schemas"]["ReadinessProblem"][];
        };
        HearingModel: {
            /** @example base.en-q8_0 */
            name: string;
            /** @enum {string} */
            kind: "ear" | "turn" | "vad" | "voices" | "meaning";
            bytes: number;
            /** @description SPDX */
            licence: string;
            /** @description `en`, or of how many; empty where it is not about languages */
            languages: string;
            /** @enum {string} */
            state: "absent" | "getting" | "ready" | "in_use" | "failed";
            /** @description Bytes that are here: of what is being got, or came before it was interrupted */
            done: number;
            /** @description For a person: what is being done, why it failed, what a verification found; may be empty */
            detail: string;
            /** @description What it is good for; may be empty */
            what: string;
        };
        Recogniser: {
            /** @description It was chosen here; false: as the server's settings say */
            chosen: boolean;
            /**
             * @description `auto`: the best that is on this machine; `openai`: a service with the protocol of OpenAI
             * @enum {string}
             */
            engine: "auto" | "whisper" | "pocketsphinx" | "openai";
            /**
             * @description Of a local one; null: the best that is here
             * @example base.en-q8_0
             */
            model: string | null;
            /** @description Address of the service */
            url: string | null;
            /** @description It was given here; false: by the settings */
            ownUrl: boolean;
            /** @description That a key for it is kept; null: none is */
            key: {
                /** @description How it ends; empty where it is shorter than 16 */
                lastFour: string;
            } | null;
            /** @description Model of the service */
            name: string | null;
            /** @description What hears just now; null: nothing does */
            active: {
                engine: string;
                /** @description null: not loaded yet */
                model: string | null;
            } | null;
            /** @description Somebody is being heard: what was chosen counts when nobody is any more */
            waits: boolean;
            /** @description The server began without any recogniser: what is chosen counts after it was started anew */
            restart: boolean;
        };
        RecogniserChange: {
            /** @enum {string} */
            engine?: "auto" | "whisper" | "pocketsphinx" | "openai";
            /** @description A name of `GET models`. Trimmed */
            model?: string | null;
            /** @description Base address, `https://api.groq.com/openai/v1`. Trimmed */
            url?: string | null;
            /** @description Trimmed; visible ASCII without spaces */
            key?: string | null;
            /** @description Trimmed */
            name?: string | null;
        };
        RecogniserTest: {
            works: boolean;
            /** @description A sentence for the person; empty when it works */
            why: string;
            /** @description That heard, or would have; null: none can be used */
            engine: string | null;
            model: string | null;
            said: string;
            heard: string;
            /** @description Words of `said` that were heard */
            right: number;
            words: number;
            /** @description Without loading */
            tookMs: number | null;
        };
        Hearing: {
            language: components["schemas"]["Language"];
            /** @description Recogniser that a session in this language which began now would have; null: none hears it */
            engine: string | null;
            /**
             * @description Its model, where it is one of `models`
             * @example base.en-q8_0
             */
            model: string | null;
            /** @description Seconds of computing for a second of speech with `model`, measured at its first use; null: not yet */
            realTimeFactor: number | null;
            /** @description What is `missing` comes by itself when the language is chosen */
            fetched: boolean;
            /** @description The model that this language needs; null when nothing is missing */
            missing: components["schemas"]["HearingModel"] | null;
            /** @description One that suits this machine better, to be fetched by whoever wants it */
            offer: components["schemas"]["HearingModel"] | null;
            /** @description About what `offer` would cost here; null when it is not known */
            offerRealTimeFactor: number | null;
            /** @description Whoever asks may call `POST models/{name}/get` */
            mayFetch: boolean;
        };
        BackgroundTranscription: {
            id: components["schemas"]["Id"];
            audioId: components["schemas"]["Id"];
            /** @description As it was asked for */
            language: string;
            /** @enum {string} */
            state: "waiting" | "running" | "done" | "failed";
            /** @description How much of the recording was heard */
            progress: number;
            createdAt: components["schemas"]["Time"];
            finishedAt: components["schemas"]["Time"] | null;
            /** @description A sentence, when it failed */
            error: string | null;
            result: components["schemas"]["Transcription"] | null;
        };
        Recording: {
            id: components["schemas"]["Id"];
            /**
             * Format: uri-reference
             * @description Where it is read from
             * @example /api/v1/audio/01JAXQ5ZK8M3T6V9W2Y4B7C0DE
             */
            url: string;
            durationMs: number;
            /**
             * @description Container and codec as the decoder calls them
             * @example matroska,webm / opus
             */
            format: string;
            bytes: number;
            /**
             * @description `silent`: nothing is heard in it, so no microphone was on; `clipped`: much of it is cut off, so it was too loud
             * @enum {string}
             */
            quality: "good" | "silent" | "clipped";
            sessionId: string | null;
            createdAt: components["schemas"]["Time"];
            expiresAt: components["schemas"]["Time"];
            /** @description A live interview that is being recorded: `durationMs` and `bytes` are not known yet, and what is there can be read */
            growing: boolean;
            /** @description Of a live interview, what its owner agreed to, as they read it; null for an upload */
            consent: components["schemas"]["RecordingConsent"] | null;
            /** @description Only in the answer to an upload: what was sent */
            original?: {
                format: string;
                bytes: number;
            };
        };
        AudioDevices: {
            /**
             * @description Who was asked
             * @example PulseAudio
             */
            system: string | null;
            /** @description What the setting `capture` names */
            chosen: string | null;
            /** @description Why there are none, for a person */
            why: string | null;
            items: components["schemas"]["AudioDevice"][];
        };
        AudioDevice: {
            /** @example alsa_output.pci-0000_00_1f.3.analog-stereo.monitor */
            name: string;
            /** @description For a person */
            label: string;
            /** @enum {string} */
            kind: "input" | "monitor";
            /** @description What programs use unless they are told otherwise; of monitors that of the usual output */
            usual: boolean;
        };
        /**
         * @description `opus`: small, and as good to hear again; `original`: what was sent, byte for byte
         * @default opus
         * @enum {string}
         */
        KeptForm: "opus" | "original";
        RecordingConsent: {
            agreedAt: components["schemas"]["Time"];
            wording: string;
        };
        RecordingList: {
            items: components["schemas"]["Recording"][];
        };
        HearingModelList: {
            items: components["schemas"]["HearingModel"][];
        };
        ReadinessProblem: {
            /** @enum {string} */
            part: "store" | "recogniser" | "key" | "clock" | "recordings";
            /** @enum {string} */
            code: "storage_full" | "read_only" | "disk_failing" | "damaged" | "lost" | "schema" | "away" | "loading" | "no_recogniser" | "key_missing" | "key_changed" | "key_unreadable" | "clock_set_back" | "recordings_unknown";
            /** @description What is wrong, for a person; no path, name or key in it */
            detail: string;
            /** @description The way out */
            help: string;
        };
        /**
         * @example {
         *       "recognisers": [
         *         {
         *           "name": "whisper",
         *           "model": null,
         *           "active": false,
         *           "note": "No model file. `interviewd models get base.en` downloads one (148 MB)."
         *         },
         *         {
         *           "name": "pocketsphinx",
         *           "model": "en-us",
         *           "active": true,
         *           "note": "Works offline and gets the gist of clear speech."
         *         }
         *       ],
         *       "providers": [
         *         {
         *           "name": "groq",
         *           "models": [],
         *           "configured": false,
         *           "reachable": null,
         *           "active": false,
         *           "note": "Give a key for it in the settings, or set GROQ_API_KEY."
         *         },
         *         {
         *           "name": "outline",
         *           "models": [
         *             "outline"
         *           ],
         *           "configured": true,
         *           "reachable": true,
         *           "active": true,
         *           "note": "Built in: talking points quoted from your profile."
         *         }
         *       ]
         *     }
         */
        Engines: {
            recognisers: components["schemas"]["RecogniserInfo"][];
            providers: components["schemas"]["ProviderInfo"][];
        };
        RecogniserInfo: {
            /**
             * @example pocketsphinx
             * @example whisper
             * @example openai
             */
            name: string;
            model: string | null;
            /** @description Exactly one is active, or none */
            active: boolean;
            /** @description What it is good for, or what to do to get it; one or two sentences, may be empty */
            note: string;
        };
        ProviderInfo: {
            /**
             * @example groq
             * @example ollama
             * @example outline
             */
            name: string;
            models: string[];
            /** @description In the chain */
            configured: boolean;
            /** @description Did it answer within the last seconds, with the model that is configured? null: not configured, or being asked just now; ask again in a second. */
            reachable: boolean | null;
            /** @description Configured, and as far as is known it answers */
            active: boolean;
            /** @description What it is good for, or what is wrong with it and the way out */
            note: string;
        };
        /**
         * @example {
         *       "email": "ada@example.com",
         *       "password": "correct horse battery",
         *       "displayName": "Ada Example"
         *     }
         */
        Signup: {
            /** @description Out of the link of a mail; with it no `email` */
            token?: string;
            email?: components["schemas"]["Email"];
            password: components["schemas"]["Password"];
            displayName: components["schemas"]["DisplayName"];
        };
        /**
         * @example {
         *       "email": "ada@example.com",
         *       "password": "correct horse battery"
         *     }
         */
        Login: {
            email: components["schemas"]["Email"];
            password: string;
        };
        AuditEvent: {
            /** @description Grows with every event, whatever the clock did */
            id: string;
            time: components["schemas"]["Time"];
            /**
             * @description read, list, create, change, erase, expire, export, ask, interrupt, transcribe, join; signup, login, passkey (signed in with one), local,
             *     refresh, token_reused, logout, password, challenge (asked to add a passkey). Others may be added.
             */
            action: string;
            /** @description What of: user, profile, session, transcript … */
            kind: string;
            recordId: string | null;
            /** @description How it ended, as HTTP tells it: 2xx done (101 joined), 401, 403, 404 and 429 refused */
            status: number;
            requestId: string | null;
            /** @description Where it came from */
            address: string | null;
            /** @description A hash of the program that asked: equal for equal `User-Agent` */
            agent: string | null;
        };
        AuditList: {
            items: components["schemas"]["AuditEvent"][];
            nextCursor: string | null;
        };
        /** @description base64url without padding */
        Base64Url: string;
        /** @description Trimmed; what its owner knows it by */
        PasskeyName: string;
        /** @description How its device is reached, `internal`, `hybrid`, `usb` … */
        PasskeyTransport: string;
        PasskeyDescriptor: {
            /** @constant */
            type: "public-key";
            id: components["schemas"]["Base64Url"];
            transports: components["schemas"]["PasskeyTransport"][];
        };
        /** @description `PublicKeyCredentialRequestOptionsJSON` of WebAuthn level 3 */
        PasskeyRequest: {
            rpId: string;
            challenge: components["schemas"]["Base64Url"];
            /** @description Milliseconds */
            timeout: number;
            allowCredentials: components["schemas"]["PasskeyDescriptor"][];
            /** @constant */
            userVerification: "required";
        };
        /** @description `PublicKeyCredentialCreationOptionsJSON` of WebAuthn level 3 */
        PasskeyCreation: {
            rp: {
                id: string;
                name: string;
            };
            user: {
                id: components["schemas"]["Base64Url"];
                /** @description The e-mail address */
                name: string;
                displayName: string;
            };
            challenge: components["schemas"]["Base64Url"];
            /** @description Milliseconds */
            timeout: number;
            pubKeyCredParams: {
                /** @constant */
                type: "public-key";
                /**
                 * @description ES256, EdDSA, RS256
                 * @enum {integer}
                 */
                alg: -7 | -8 | -257;
            }[];
            excludeCredentials: components["schemas"]["PasskeyDescriptor"][];
            authenticatorSelection: {
                /** @constant */
                residentKey: "required";
                /** @constant */
                requireResidentKey: true;
                /** @constant */
                userVerification: "required";
            };
            /** @constant */
            attestation: "none";
            extensions?: Record<string, never>;
        };
        PasskeyLogin: {
            id: string;
            clientDataJSON: string;
            authenticatorData: string;
            signature: string;
            userHandle: string;
        };
        NewPasskey: {
            name: components["schemas"]["PasskeyName"];
            clientDataJSON: string;
            attestationObject: string;
            /** @description As `getTransports()` says; what does not look like one is left out */
            transports?: string[];
        };
        Passkey: {
            id: components["schemas"]["Id"];
            name: string;
            /** @description The host of the pages that it signs in on */
            site: string;
            /** @description Its device may keep copies of it elsewhere */
            synced: boolean;
            transports: components["schemas"]["PasskeyTransport"][];
            createdAt: components["schemas"]["Time"];
            lastUsedAt: components["schemas"]["Time"] | null;
        };
        PasskeyList: {
            items: components["schemas"]["Passkey"][];
        };
        ProviderList: {
            /** @description The order is one's own: nobody else is asked */
            ordered: boolean;
            /** @description One may name addresses of providers */
            addresses: boolean;
            items: components["schemas"]["Provider"][];
        };
        Provider: {
            /** @example groq */
            name: string;
            /** @example Groq */
            title: string;
            /** @description It is asked: those come first, in their order */
            used: boolean;
            /** @description `own`: with a key or an address of one's own; `operator`: as the server is set up; `found`: on the server's machine; null: it is not asked */
            whose: ("own" | "operator" | "found") | null;
            /** @description It is asked, or could be, with a key or an address of one's own */
            offered: boolean;
            /** @description What is asked stays on the server's machine */
            local: boolean;
            needsKey: boolean;
            /** @description That one's own key is kept; null: none is */
            key: {
                /** @description How it ends; empty where it is shorter than 16 */
                lastFour: string;
            } | null;
            /** @description Where one makes a key */
            keyPage: string | null;
            /** @description The one that is asked; null: not known yet */
            model: string | null;
            /** @description One has chosen it */
            ownModel: boolean;
            /** @description The address of one's own */
            url: string | null;
            /** @description It has no usual address, and the operator gave none */
            needsUrl: boolean;
            /** @description Why it is not asked; empty when it is */
            note: string;
        };
        ProviderOrder: {
            order: string[] | null;
        };
        ProviderChange: {
            /** @description Trimmed; visible ASCII without spaces */
            key?: string | null;
            /** @description Trimmed */
            model?: string | null;
            /** @description Trimmed; http or https, without user and password */
            url?: string | null;
        };
        ProviderTest: {
            works: boolean;
            /** @description A sentence for the person; empty when it works */
            why: string;
            /** @description The one that was asked */
            model: string | null;
            /** @description What it has */
            models: string[];
            /** @description Until its first word; null: none came */
            firstTokenMs: number | null;
        };
        ApiKey: {
            id: components["schemas"]["Id"];
            label: string;
            /** @description How it begins, `ik_4fZ0aQ` */
            prefix: string;
            createdAt: components["schemas"]["Time"];
            /** @description Written down every ten minutes at most */
            lastUsedAt: components["schemas"]["Time"] | null;
        };
        NewKey: {
            id: components["schemas"]["Id"];
            label: string;
            prefix: string;
            createdAt: components["schemas"]["Time"];
            lastUsedAt: null;
            /** @description Told now and never again */
            key: string;
        };
        KeyList: {
            items: components["schemas"]["ApiKey"][];
        };
        PasswordChange: {
            current: string;
            new: components["schemas"]["Password"];
        };
        /**
         * Format: email
         * @description Trimmed; compared without regard to case, in any script, and composed (Unicode NFC)
         */
        Email: string;
        /** @description Any characters; not trimmed */
        Password: string;
        /** @description Trimmed */
        DisplayName: string;
        RefreshBody: {
            refreshToken?: string;
        };
        SignedIn: {
            user: components["schemas"]["User"];
            /** @description A JWT for `Authorization` */
            accessToken: string;
            /**
             * @description Seconds the access token lives
             * @example 900
             */
            expiresIn: number;
            /** @description For clients without cookies; a page lets the cookie keep it */
            refreshToken: string;
        };
        /**
         * @description An admin looks after the accounts of the server; the local owner is one
         * @enum {string}
         */
        Role: "user" | "admin";
        SignInList: {
            items: components["schemas"]["SignIn"][];
        };
        SignIn: {
            id: components["schemas"]["Id"];
            /**
             * @description What it is used with, as that says itself
             * @example Firefox on Linux
             */
            program: string | null;
            /** @description Where it was renewed last */
            address: string | null;
            /** Format: date-time */
            beganAt: string | null;
            /** Format: date-time */
            lastSeenAt: string | null;
            expiresAt: components["schemas"]["Time"];
            /** @description The one that asks */
            current: boolean;
        };
        Forgot: {
            email: components["schemas"]["Email"];
        };
        Reset: {
            token: string;
            password: components["schemas"]["Password"];
        };
        Account: {
            id: components["schemas"]["Id"];
            /** @description null for the local owner */
            email: string | null;
            displayName: string;
            role: components["schemas"]["Role"];
            createdAt: components["schemas"]["Time"];
            /** Format: date-time */
            disabledAt: string | null;
        };
        AccountList: {
            items: components["schemas"]["Account"][];
            nextCursor: string | null;
        };
        AccountInput: {
            email: components["schemas"]["Email"];
            displayName: components["schemas"]["DisplayName"];
            role?: components["schemas"]["Role"];
        };
        AccountPatch: {
            role?: components["schemas"]["Role"];
            disabled?: boolean;
        };
        AccountLink: {
            user: components["schemas"]["Account"];
            /** Format: uri */
            link: string;
            expiresAt: components["schemas"]["Time"];
        };
        User: {
            id: components["schemas"]["Id"];
            /** @description null for the local owner */
            email: string | null;
            displayName: string;
            photoURL: string | null;
            /** @description The owner of single-user mode */
            local: boolean;
            role: components["schemas"]["Role"];
            createdAt: components["schemas"]["Time"];
            settings: components["schemas"]["UserSettings"];
            subscription: {
                /** @enum {string} */
                tier: "free" | "pro";
                /** Format: date-time */
                expiresAt: string | null;
            };
        };
        UserSettings: {
            /** @description Name of a provider that is asked first where there is no order (`PUT auth/me/providers`); null: the chain's */
            preferredLLM: string | null;
            audioDevice: string | null;
            language: components["schemas"]["Language"];
            voiceId: string | null;
            /**
             * @description `system` at first
             * @enum {string}
             */
            theme: "system" | "light" | "dark";
            /** @description Recordings made from then on are erased after so many days, where that is sooner than the server erases them */
            retentionDays?: number | null;
        };
        UserPatch: {
            displayName?: components["schemas"]["DisplayName"];
            /** @description An address on the web, which this server never calls; null removes it, and the photo that was sent */
            photoURL?: string | null;
            settings?: {
                preferredLLM?: string | null;
                audioDevice?: string | null;
                language?: components["schemas"]["Language"];
                voiceId?: string | null;
                /** @enum {string} */
                theme?: "system" | "light" | "dark";
                /** @description Recordings made from then on are erased after so many days, where that is sooner than the server erases them */
                retentionDays?: number | null;
            };
        };
        /**
         * @example {
         *       "name": "Platform engineer",
         *       "role": "Senior platform engineer",
         *       "yearsExperience": 8,
         *       "skills": [
         *         "PostgreSQL",
         *         "Kubernetes",
         *         "Go"
         *       ],
         *       "industry": "Payments",
         *       "context": "At Northwind Pay I led the move of the ledger to PostgreSQL 15.\nIt cut nightly close from 4 h to 35 min."
         *     }
         */
        ProfileInput: {
            /** @description Trimmed; what the profile is called */
            name: string;
            /**
             * @description Trimmed
             * @default
             */
            role: string;
            /** @default 0 */
            yearsExperience: number;
            /** @default [] */
            skills: string[];
            /**
             * @description Trimmed
             * @default
             */
            industry: string;
            /**
             * @description Résumé, stories, numbers, in plain text; at most 65,536 bytes of UTF-8; stored encrypted
             * @default
             */
            context: string;
        };
        ProfileText: {
            /** @description Plain text; at most 65,536 bytes of UTF-8 */
            context: string;
        };
        ProfilePreview: {
            /** @description Of the person; empty: not found */
            name: string;
            /** @description Empty: not found */
            role: string;
            /** @description As it says, or from the first job to the last; null: not found */
            yearsExperience: number | null;
            skills: string[];
            stories: components["schemas"]["Story"][];
        };
        Story: {
            /** @description The line it stands under, which sets the scene when no sentence does */
            heading: string | null;
            /** @description The whole, a verbatim run of the text */
            text: string;
            /** @description Sentences in the order of the parts; a story that goes on with the one before begins with that one's */
            parts: {
                part: components["schemas"]["StoryPart"];
                text: string;
            }[];
            /** @description What it does not say */
            missing: components["schemas"]["StoryPart"][];
        };
        /** @enum {string} */
        StoryPart: "situation" | "task" | "action" | "result";
        Posting: {
            /** @description The posting in plain text; at most 65,536 bytes of UTF-8 */
            jobDescription: string;
        };
        PostingMatch: {
            requirements: {
                /** @description Verbatim */
                text: string;
                /**
                 * @description Told in a story; only named, as a skill, a fact or by the years; or neither
                 * @enum {string}
                 */
                found: "story" | "mention" | "nothing";
                /** @description null with `nothing` */
                source: {
                    /** @enum {string} */
                    field: "role" | "yearsExperience" | "skills" | "industry" | "context";
                    heading: string | null;
                    quote: string;
                } | null;
            }[];
            total: number;
            /** @description Those found as a story or a mention */
            covered: number;
            /**
             * @description What it was searched by
             * @enum {string}
             */
            by: "meaning" | "words";
        };
        ProfileUpdate: {
            /** @description Trimmed; what the profile is called */
            name?: string;
            /** @description Trimmed */
            role?: string;
            yearsExperience?: number;
            skills?: string[];
            /** @description Trimmed */
            industry?: string;
            /** @description As in `ProfileInput`; at most 65,536 bytes of UTF-8 */
            context?: string;
        };
        Profile: {
            id: components["schemas"]["Id"];
            name: string;
            role: string;
            yearsExperience: number;
            skills: string[];
            industry: string;
            context: string;
            createdAt: components["schemas"]["Time"];
            updatedAt: components["schemas"]["Time"];
            unreadable?: components["schemas"]["Unreadable"];
        };
        /**
         * @description `true`: some of the record is damaged in the store, and empty here. The rest of it is right; it can be changed and deleted. Absent
         *     otherwise.
         */
        Unreadable: boolean;
        ProfileList: {
            items: components["schemas"]["Profile"][];
            /** @description null on the last page */
            nextCursor: string | null;
        };
        /**
         * @description `abandoned`: nothing happened in it for the setting abandon-hours and nobody is connected to it. It is `active` again as soon as
         *     somebody connects, or it is set so
         * @enum {string}
         */
        SessionStatus: "active" | "completed" | "abandoned";
        DayOrTime: string;
        Day: string;
        /** @description Seconds, of the sessions in which something was said; 0 when there were none */
        AverageDuration: number;
        /** @description Of the profiles, most sessions first. With `scope=all`, those that two people have, and one's own: what one person wrote is told to nobody else */
        TopRoles: string[];
        /** @description Answers by provider */
        ProviderUsage: {
            [key: string]: number;
        };
        AnalyticsDay: {
            date: components["schemas"]["Day"];
            totalSessions: number;
            totalUsers: number;
            totalQuestions: number;
            averageSessionDuration: components["schemas"]["AverageDuration"];
            topRoles: components["schemas"]["TopRoles"];
            llmProviderUsage: components["schemas"]["ProviderUsage"];
        };
        Analytics: {
            from: components["schemas"]["Day"];
            to: components["schemas"]["Day"];
            /** @enum {string} */
            scope: "own" | "all";
            total: {
                totalSessions: number;
                totalQuestions: number;
                averageSessionDuration: components["schemas"]["AverageDuration"];
                topRoles: components["schemas"]["TopRoles"];
                llmProviderUsage: components["schemas"]["ProviderUsage"];
            };
            days: components["schemas"]["AnalyticsDay"][];
        };
        Progress: {
            items: components["schemas"]["ProgressItem"][];
            nextCursor: string | null;
        };
        ProgressItem: {
            sessionId: components["schemas"]["Id"];
            title: components["schemas"]["SessionTitle"];
            createdAt: components["schemas"]["Time"];
            /** @description Seconds */
            duration: number;
            questions: number;
            /** @description Of the candidate; null below five seconds of speech */
            wordsPerMinute: number | null;
            /** @description Recognisers leave many out, so compare it with itself */
            fillersPer100Words: number | null;
            averageScore: number | null;
            /** @description Questions by kind */
            kinds: {
                [key: string]: number;
            };
        };
        SearchResults: {
            items: {
                session: components["schemas"]["Session"];
                /** @description The head first, then lines, best first */
                matches: components["schemas"]["SearchMatch"][];
            }[];
            nextCursor: string | null;
            /** @description `false`: there is more than the index holds, and the oldest sessions were not searched */
            complete: boolean;
        };
        SearchMatch: {
            /** @description null for the title and the job description */
            transcriptId: string | null;
            questionNumber: number | null;
            /** @enum {string} */
            field: "title" | "jobDescription" | "question" | "answer" | "line";
            /** @description The words and what stands around them; `…` where something is left out */
            excerpt: string;
            /** @description The words that were found */
            marks: {
                /** @description In characters of the excerpt (Unicode code points) */
                start: number;
                end: number;
            }[];
        };
        /** @description Plain text, at most 65,536 bytes of UTF-8; stored encrypted */
        JobDescription: string;
        /** @description What its owner calls it, trimmed; empty: nothing, and the page names it by its job description. Encrypted in the store */
        SessionTitle: string;
        /**
         * @example {
         *       "profileId": "p_01hx8m4v2c9q",
         *       "jobDescription": "We look for an engineer who …",
         *       "language": "en"
         *     }
         */
        SessionInput: {
            title?: components["schemas"]["SessionTitle"];
            profileId?: string | null;
            jobDescription?: components["schemas"]["JobDescription"];
            language?: components["schemas"]["Language"];
            /** @description Tried first; null or absent: the order of the chain */
            llmProvider?: string | null;
            model?: string | null;
        };
        SessionUpdate: {
            status?: components["schemas"]["SessionStatus"];
            title?: components["schemas"]["SessionTitle"];
            profileId?: string | null;
            jobDescription?: components["schemas"]["JobDescription"];
            language?: components["schemas"]["Language"];
            llmProvider?: string | null;
            model?: string | null;
        };
        Session: {
            id: components["schemas"]["Id"];
            userId: components["schemas"]["Id"];
            profileId: string | null;
            /** @description Empty when there is none */
            jobDescription: string;
            status: components["schemas"]["SessionStatus"];
            createdAt: components["schemas"]["Time"];
            /**
             * Format: date-time
             * @description Of an abandoned one: when the last was said in it
             */
            completedAt: string | null;
            /**
             * @description Seconds from the first word that was heard or typed to the end of the last, or of the last answer; a silence of more than ten
             *     minutes does not count. It is up to date while the session is active
             */
            duration: number;
            questionCount: number;
            title: components["schemas"]["SessionTitle"];
            metadata: {
                llmProvider: string | null;
                model: string | null;
                language: string;
                eagerDiscarded?: components["schemas"]["EagerDiscarded"];
                voiceConsent?: components["schemas"]["VoiceConsent"];
            };
            unreadable?: components["schemas"]["Unreadable"];
        };
        /** @description Answers of the session that were begun before the turn was over, for nothing; absent when there were none */
        EagerDiscarded: number;
        SessionList: {
            items: components["schemas"]["Session"][];
            nextCursor: string | null;
        };
        ExportRequest: {
            /**
             * @description `srt` holds what was said, as subtitles that begin with the session
             * @enum {string}
             */
            format: "pdf" | "json" | "md" | "docx" | "srt";
            /**
             * @description How far the reader's clock was from UTC when the interview was; times in `pdf`, `md` and `docx` are told by it
             * @default +00:00
             */
            utcOffset: string;
        };
        /** @description What `format` `json` gives */
        SessionExport: {
            exportedAt: components["schemas"]["Time"];
            session: components["schemas"]["Session"];
            profile: components["schemas"]["Profile"] | null;
            /** @description Oldest first */
            transcripts: components["schemas"]["Transcript"][];
        };
        /** @description A file as `SessionExport` describes it; members it does not name are refused, so that nothing is lost unseen */
        SessionImport: {
            exportedAt?: components["schemas"]["Time"];
            session: components["schemas"]["Session"];
            profile?: components["schemas"]["Profile"] | null;
            transcripts: components["schemas"]["Transcript"][];
        };
        /**
         * @description What Latency calls finalMs, outlineMs, firstTokenMs and totalMs
         * @enum {string}
         */
        TimelineStage: "final" | "outline" | "firstToken" | "total";
        Timeline: {
            sessionId: components["schemas"]["Id"];
            /** @description Over all questions that reached the stage, each from the end of the question's speech (or from the request, when it was typed) */
            stages: {
                stage: components["schemas"]["TimelineStage"];
                count: number;
                p50Ms: number;
                p90Ms: number;
                maxMs: number;
            }[];
            items: {
                transcriptId: components["schemas"]["Id"];
                questionNumber: number;
                /** @description From the session's beginning to the question */
                sinceStartMs: number;
                /** @description How long the question took to say; 0 when it was typed */
                speechMs: number;
                /** @description Empty while it is not answered */
                provider: string;
                stages: {
                    stage: components["schemas"]["TimelineStage"];
                    atMs: number;
                }[];
            }[];
        };
        /** @description What a person agreed to before their voice was learned; absent when none was */
        VoiceConsent: {
            agreedAt: components["schemas"]["Time"];
            wording: string;
        };
        KeptVoice: {
            /** @description Of speech it was learned from */
            speechMs: number;
            agreedAt: components["schemas"]["Time"];
            wording: string;
        };
        SessionVoice: {
            /** @description The candidate is told from others by voice. A voice that is kept is known as soon as somebody joins. */
            known: boolean;
            /** @description Of the candidate's speech that was learned from */
            speechMs: number;
            consent: components["schemas"]["VoiceConsent"] | null;
            kept: components["schemas"]["KeptVoice"] | null;
        };
        Talk: {
            /** @description Of all speech that became words */
            speechMs: number;
            speakers: {
                speaker: components["schemas"]["WhoSpeaks"];
                speechMs: number;
                share: number;
            }[];
        };
        /**
         * @description One question with its answer, or a line: words that wanted no answer (`isQuestion` false), such as what the candidate says. A
         *     line carries the `questionNumber` of the question that follows it, so it sorts before that question, and `questionCount` leaves
         *     lines out. A line that turns out to begin a question becomes that question, under the same `id`.
         */
        Transcript: {
            id: components["schemas"]["Id"];
            sessionId: components["schemas"]["Id"];
            questionNumber: number;
            /** @description What was said, as it was corrected */
            question: string;
            /** @description What was heard, where that was corrected; absent otherwise */
            heard?: string;
            /** @description `true`: the answer is one to the words before the correction */
            answerOutdated?: boolean;
            /** @description Empty for a line, and when nothing was generated (words kept from a dropped socket) */
            answer: string;
            timestamp: components["schemas"]["Time"];
            metrics: {
                /** @description Seconds from the end of the question to the end of the answer */
                responseTime: number;
                /** @description Words of the answer */
                wordCount: number;
                /** @description The recogniser's; 1 for a typed question, null when the recogniser gives none */
                confidence: number | null;
                qualityScore: number | null;
                /** @description How long it took to say what was said; absent when it was typed */
                speechMs?: number;
            };
            /**
             * @description Where what was said is heard again, when the interview was recorded: the recording and, as a media fragment
             *     (https://www.w3.org/TR/media-frags/), the seconds from the first word to the last. `null`: it was not recorded, or is erased.
             * @example /api/v1/audio/01JAXQ5ZK8M3T6V9W2Y4B7C0DE#t=12.340,17.900
             */
            audioUrl: string | null;
            /** @description Absent: true */
            isQuestion?: boolean;
            speaker?: components["schemas"]["WhoSpeaks"];
            /** @description Likeness with the voice it was taken for; absent where `speaker` is not by voice */
            voice?: number;
            kind?: components["schemas"]["QuestionKind"];
            /** @description Absent when there was none */
            outline?: components["schemas"]["OutlinePoint"][];
            lead?: components["schemas"]["OutlineLead"];
            keys?: components["schemas"]["OutlineKeys"];
            fits?: components["schemas"]["OutlineFits"];
            unsupported?: components["schemas"]["Unsupported"];
            provider?: string | null;
            model?: string | null;
            finishReason?: components["schemas"]["FinishReason"];
            latency?: components["schemas"]["Latency"];
            /**
             * @description `true`: the server was killed while this was being said or answered, and these are the words up to a second before that.
             *     Absent otherwise, and while it is still being said.
             */
            cutOff?: boolean;
            unreadable?: components["schemas"]["Unreadable"];
        };
        /** @enum {string} */
        TranscriptForm: "json" | "srt" | "vtt" | "txt";
        TranscriptCorrection: {
            /** @description What was said; trimmed */
            question: string;
        };
        TranscriptList: {
            items: components["schemas"]["Transcript"][];
            nextCursor: string | null;
        };
        Transcription: {
            text: string;
            /** @description The recogniser that heard it */
            engine: string;
            /** @description Its model; empty when another than the one that was set up had to hear it */
            model: string;
            language: string;
            durationMs: number;
            confidence: number | null;
            segments: {
                startMs: number;
                endMs: number;
                text: string;
                /** @description Only where another recogniser heard this segment */
                engine?: string;
                /** @description null when the recogniser gives none */
                confidence: number | null;
            }[];
        };
        /**
         * @description What sort of question it is; decides the form of the outline
         * @enum {string}
         */
        QuestionKind: "behavioral" | "technical" | "design" | "situational" | "motivational" | "background" | "logistics" | "small_talk" | "closing" | "other";
        /** @description What to say first, in at most 12 words */
        OutlineLead: string;
        /** @description Phrases to keep in view, each a run of the profile */
        OutlineKeys: components["schemas"]["OutlineKey"][];
        OutlineKey: {
            text: string;
            /** @description The figure in it with its unit */
            number: string | null;
        };
        /** @description `false`: nothing in the profile answers the question, and the points say so */
        OutlineFits: boolean;
        /**
         * @description What of the answer neither profile, posting nor dialogue supports, in order. Only a model's answer is looked at; absent or empty
         *     when there is nothing.
         */
        Unsupported: components["schemas"]["UnsupportedSpan"][];
        UnsupportedSpan: {
            /** @description Where it begins in `answer`, in bytes of UTF-8 */
            start: number;
            /** @description Behind its last byte */
            end: number;
            /** @enum {string} */
            why: "number" | "name" | "employer";
        };
        OutlinePoint: {
            /** @description The talking point */
            text: string;
            /** @description The part it plays, such as `Situation`, `Task`, `Action`, `Result`; absent when none */
            label?: string;
            source: components["schemas"]["Source"];
        };
        Source: {
            /**
             * @description `question` for a point that states no fact about the candidate and only takes up the question
             * @enum {string}
             */
            field: "name" | "role" | "yearsExperience" | "skills" | "industry" | "context" | "jobDescription" | "question";
            /** @description Verbatim from that field */
            quote: string;
        };
        /** @enum {string} */
        FinishReason: "stop" | "length" | "interrupted" | "superseded" | "error";
        /** @description Milliseconds; each from the end of the question's speech (or from the request, when it was typed). null where it was not reached */
        Latency: {
            finalMs: number | null;
            outlineMs: number | null;
            firstTokenMs: number | null;
            totalMs: number | null;
        };
        /** @description Trimmed */
        Question: string;
        /**
         * @description One event of the stream, as a client's parser gives it; `event` is the `type` of its `data`:
         *     - `started` (`WsLlmStarted`): who answers. Again when somebody else does: words told before are void then.
         *     - `outline` (`WsLlmOutline`): the kind of question and the talking points, once
         *     - `thinking` (`WsLlmThinking`): the model thinks; again every two seconds while it does
         *     - `delta` (`WsLlmDelta`): more words; the last one has `finish: true`, `finishReason`, `latency` and `transcriptId`, and the stream ends
         *     - `check` (`WsLlmCheck`): what of the words so far nothing supports; replaces what was told before
         */
        ServerSentEvent: {
            /** @enum {string} */
            event: "started" | "outline" | "thinking" | "delta" | "check";
            data: string;
        };
        /**
         * @example {
         *       "question": "Tell me about a time you led a difficult migration.",
         *       "stream": true
         *     }
         */
        GenerateRequest: {
            sessionId?: components["schemas"]["Id"];
            question: components["schemas"]["Question"];
            /** @description Tried first; unknown: 422 */
            provider?: string;
            model?: string;
            /**
             * @description A question that is asked again, in these words, in its place: the answer replaces the one it had, the number and what was heard
             *     stay. Its session need not be named
             */
            transcriptId?: components["schemas"]["Id"];
            /** @default false */
            stream: boolean;
        };
        Generation: {
            generationId: components["schemas"]["Id"];
            /** @description null without a session */
            questionNumber: number | null;
            question: string;
            kind: components["schemas"]["QuestionKind"];
            points: components["schemas"]["OutlinePoint"][];
            lead: components["schemas"]["OutlineLead"];
            keys: components["schemas"]["OutlineKeys"];
            fits: components["schemas"]["OutlineFits"];
            answer: string;
            unsupported?: components["schemas"]["Unsupported"];
            provider: string;
            model: string;
            /** @description Who was asked before and why it was left */
            replaced?: components["schemas"]["ReplacedProvider"][];
            finishReason: components["schemas"]["FinishReason"];
            transcriptId: string | null;
            latency: components["schemas"]["Latency"];
        };
        InterruptRequest: {
            generationId?: components["schemas"]["Id"];
            sessionId?: components["schemas"]["Id"];
        };
        ModelList: {
            items: components["schemas"]["ModelInfo"][];
            providers: components["schemas"]["ProviderHealth"][];
        };
        /** @description A provider of the chain, in its order */
        ProviderHealth: {
            provider: string;
            /** @description The one that is asked */
            model: string;
            /**
             * @description `answers`: it gave its list just now; `silent`: it did not (an item says why); `resting`: questions failed and it is left alone for a while
             * @enum {string}
             */
            health: "answers" | "silent" | "resting";
            local: boolean;
            /** @description It is asked with a key of one's own */
            ownKey: boolean;
            /** @description Questions whose first word was timed since the server began */
            measured: number;
            /** @description Of the last of them */
            firstTokenMs: number | null;
            /** @description Moving mean, each new one counting a quarter */
            typicalFirstTokenMs: number | null;
            /**
             * Format: date-time
             * @description When the last one was
             */
            measuredAt: string | null;
        };
        ModelInfo: {
            provider: string;
            model: string;
            available: boolean;
            /** @description Nothing leaves this machine */
            local: boolean;
            note: string;
        };
        OpenAIError: {
            error: {
                message: string;
                /** @enum {string} */
                type: "invalid_request_error" | "rate_limit_error" | "server_error";
                param: string | null;
                code: string | null;
            };
        };
        /** @description `whisper-1` (whatever hears here), or an id of `GET /v1/models` */
        OpenAIHearingModel: string;
        /**
         * @default json
         * @enum {string}
         */
        OpenAITranscriptForm: "json" | "verbose_json" | "text" | "srt" | "vtt";
        /** @description The length of the recording; nothing is paid for */
        OpenAIUsage: {
            /** @constant */
            type: "duration";
            seconds: number;
        };
        OpenAITranscription: {
            text: string;
            usage: components["schemas"]["OpenAIUsage"];
        };
        OpenAIVerboseTranscription: {
            /** @enum {string} */
            task: "transcribe" | "translate";
            /** @description Its English name, `english` */
            language: string;
            /** @description [s] */
            duration: number;
            text: string;
            segments?: components["schemas"]["OpenAISegment"][];
            words?: {
                word: string;
                start: number;
                end: number;
            }[];
            usage: components["schemas"]["OpenAIUsage"];
        };
        /**
         * @description The last four are what our Whisper found of the passage that the segment stands in (at most 28 s, cut at pauses); a recogniser that does not
         *     know them leaves them out. Tokens are not told.
         */
        OpenAISegment: {
            id: number;
            /** @description Where it begins, [10 ms] */
            seek: number;
            /** @description [s] */
            start: number;
            end: number;
            text: string;
            tokens: number[];
            temperature?: number;
            avg_logprob?: number;
            compression_ratio?: number;
            no_speech_prob?: number;
        };
        /** @description One event; its `event` is the `type` of its `data`. The last one has no `event` and is `[DONE]` */
        OpenAITranscriptEvent: {
            /** @enum {string} */
            event?: "transcript.text.delta" | "transcript.text.done" | "error";
            /** @description An `OpenAITranscriptData`, or `[DONE]` */
            data: "[DONE]" | string;
        };
        OpenAITranscriptData: {
            /** @constant */
            type: "transcript.text.delta";
            /** @description A segment as it is heard */
            delta: string;
        } | {
            /** @constant */
            type: "transcript.text.done";
            text: string;
            usage: components["schemas"]["OpenAIUsage"];
        } | components["schemas"]["OpenAIError"];
        OpenAIModel: {
            id: string;
            /** @constant */
            object: "model";
            /**
             * @description Nobody knows
             * @constant
             */
            created: 0;
            /** @description The provider; `interviewd`: this server */
            owned_by: string;
        };
        OpenAIModelList: {
            /** @constant */
            object: "list";
            data: components["schemas"]["OpenAIModel"][];
        };
        OpenAIChatMessage: {
            /** @enum {string} */
            role: "system" | "developer" | "user" | "assistant";
            content: string | {
                /** @constant */
                type: "text";
                text: string;
            }[];
        };
        /**
         * @example {
         *       "model": "auto",
         *       "messages": [
         *         {
         *           "role": "user",
         *           "content": "Why do you want this job?"
         *         }
         *       ]
         *     }
         */
        OpenAIChatRequest: {
            /**
             * @description `auto`, a provider (`groq`), or `provider/model`; an unknown one is 404
             * @default auto
             */
            model: string;
            messages: components["schemas"]["OpenAIChatMessage"][];
            /** @default false */
            stream: boolean | null;
            stream_options?: {
                include_usage?: boolean | null;
            } | null;
            /** @description 2048 where nothing is said */
            max_tokens?: number | null;
            /** @description The newer name */
            max_completion_tokens?: number | null;
            /** @default 1 */
            temperature: number | null;
            /** @description The answer ends before the first of them */
            stop?: (string | null) | string[];
            n?: number | null;
            /** @enum {unknown} */
            logprobs?: false | null;
            response_format?: {
                /** @constant */
                type: "text";
            } | null;
            /** @description Refused */
            tools?: Record<string, never>[] | null;
            /** @enum {unknown} */
            tool_choice?: "none" | "auto" | null;
        };
        OpenAITokens: {
            prompt_tokens: number;
            completion_tokens: number;
            total_tokens: number;
            /**
             * @description The provider did not count
             * @constant
             */
            estimated?: true;
        };
        OpenAIChatCompletion: {
            id: string;
            /** @constant */
            object: "chat.completion";
            /** @description [s] since 1970 */
            created: number;
            /** @description Who answered, `provider/model` */
            model: string;
            choices: {
                /** @constant */
                index: 0;
                message: {
                    /** @constant */
                    role: "assistant";
                    content: string;
                    refusal: null;
                };
                logprobs: null;
                /** @enum {string} */
                finish_reason: "stop" | "length";
            }[];
            usage: components["schemas"]["OpenAITokens"];
        };
        /** @description One event of the stream. The last one is `[DONE]` */
        OpenAIChatEvent: {
            /** @description An `OpenAIChatChunk`, or `[DONE]` */
            data: "[DONE]" | string;
        };
        /** @description An `OpenAIError` where the answer broke off */
        OpenAIChatChunk: {
            id: string;
            /** @constant */
            object: "chat.completion.chunk";
            created: number;
            model: string;
            choices: {
                /** @constant */
                index: 0;
                delta: {
                    /** @constant */
                    role?: "assistant";
                    content?: string;
                };
                logprobs: null;
                /** @enum {unknown} */
                finish_reason: "stop" | "length" | null;
            }[];
            /** @description With `include_usage`, of a last one without choices */
            usage?: components["schemas"]["OpenAITokens"] | null;
        } | components["schemas"]["OpenAIError"];
        /** @description `server_vad`: an utterance ends after a silence. `semantic_vad`: sound and words say when somebody has finished. null: the client's commit ends it. */
        OpenAIRealtimeTurns: null | {
            /** @constant */
            type: "server_vad";
            /**
             * @description Taken and not used
             * @default 0.5
             */
            threshold: number;
            /**
             * @description Heard before the voice; 600 at most are
             * @default 300
             */
            prefix_padding_ms: number;
            /** @default 500 */
            silence_duration_ms: number;
        } | {
            /** @constant */
            type: "semantic_vad";
            /**
             * @default auto
             * @enum {string}
             */
            eagerness: "low" | "medium" | "high" | "auto";
        };
        OpenAIRealtimeTranscription: {
            model?: components["schemas"]["OpenAIHearingModel"];
            /** @description As `Language`; absent: detected */
            language?: string;
            /** @description Text that might have come before, at most 4096 bytes */
            prompt?: string;
        };
        /** @description Of a `session.update` only what it names changes */
        OpenAIRealtimeSession: {
            /** @constant */
            object?: "realtime.transcription_session";
            id?: string;
            /** @constant */
            type?: "transcription";
            /** @description Of an access token, [s] since 1970; a personal key does not expire */
            expires_at?: number;
            audio?: {
                input?: {
                    format?: {
                        /**
                         * @description Mono: 16 bit little-endian samples, or G.711
                         * @enum {string}
                         */
                        type: "audio/pcm" | "audio/pcmu" | "audio/pcma";
                        /**
                         * @description Of audio/pcm; G.711 has 8000
                         * @constant
                         */
                        rate?: 24000;
                    };
                    /** @description Taken and not used */
                    noise_reduction?: Record<string, never> | null;
                    transcription?: components["schemas"]["OpenAIRealtimeTranscription"];
                    turn_detection?: components["schemas"]["OpenAIRealtimeTurns"];
                };
            };
        };
        OpenAIRealtimeOlderSession: {
            /** @constant */
            object?: "realtime.transcription_session";
            id?: string;
            expires_at?: number;
            /** @enum {string} */
            input_audio_format?: "pcm16" | "g711_ulaw" | "g711_alaw";
            input_audio_noise_reduction?: Record<string, never> | null;
            input_audio_transcription?: components["schemas"]["OpenAIRealtimeTranscription"];
            turn_detection?: components["schemas"]["OpenAIRealtimeTurns"];
        };
        /** @description Any of them may have an `event_id`, which an `error` about it names */
        OpenAIRealtimeClientEvent: {
            /** @constant */
            type: "session.update";
            session: components["schemas"]["OpenAIRealtimeSession"];
        } | {
            /** @constant */
            type: "transcription_session.update";
            session: components["schemas"]["OpenAIRealtimeOlderSession"];
        } | {
            /** @constant */
            type: "input_audio_buffer.append";
            /** @description A message may end in the middle of a sample */
            audio: string;
        } | {
            /** @enum {string} */
            type: "input_audio_buffer.commit" | "input_audio_buffer.clear";
        };
        /**
         * @description For each utterance: `speech_started` and `speech_stopped` (not where the client commits), `committed`, the item, the words. Deltas are words that will not
         *     change, while somebody still speaks too; put together they are the transcript, unless the recogniser thought otherwise at the end.
         */
        OpenAIRealtimeServerEvent: {
            /** @enum {string} */
            type: "session.created" | "session.updated";
            event_id: string;
            session: components["schemas"]["OpenAIRealtimeSession"];
        } | {
            /** @enum {string} */
            type: "transcription_session.created" | "transcription_session.updated";
            event_id: string;
            session: components["schemas"]["OpenAIRealtimeOlderSession"];
        } | {
            /** @enum {string} */
            type: "input_audio_buffer.speech_started" | "input_audio_buffer.speech_stopped";
            event_id: string;
            item_id: string;
            /** @description Of `speech_started`, as all times since the first sample of this socket */
            audio_start_ms?: number;
            /** @description Of `speech_stopped`: the end of the voice */
            audio_end_ms?: number;
        } | {
            /** @constant */
            type: "input_audio_buffer.committed";
            event_id: string;
            item_id: string;
            previous_item_id: string | null;
        } | {
            /** @constant */
            type: "input_audio_buffer.cleared";
            event_id: string;
        } | {
            /**
             * @description The last one in the older form
             * @enum {string}
             */
            type: "conversation.item.added" | "conversation.item.done" | "conversation.item.created";
            event_id: string;
            previous_item_id: string | null;
            item: {
                id: string;
                /** @constant */
                object: "realtime.item";
                /** @constant */
                type: "message";
                /** @constant */
                status: "completed";
                /** @constant */
                role: "user";
                content: {
                    /** @constant */
                    type?: "input_audio";
                    transcript?: null;
                }[];
            };
        } | {
            /** @constant */
            type: "conversation.item.input_audio_transcription.delta";
            event_id: string;
            item_id: string;
            /** @constant */
            content_index: 0;
            delta: string;
        } | {
            /** @constant */
            type: "conversation.item.input_audio_transcription.completed";
            event_id: string;
            item_id: string;
            /** @constant */
            content_index: 0;
            /** @description Empty when it turned out to hold no words */
            transcript: string;
            usage: {
                /** @constant */
                type: "duration";
                seconds: number;
            };
        } | {
            /** @constant */
            type: "conversation.item.input_audio_transcription.failed";
            event_id: string;
            item_id: string;
            /** @constant */
            content_index: 0;
            error: Record<string, never>;
        } | {
            /** @constant */
            type: "error";
            event_id: string;
            error: {
                /** @enum {string} */
                type: "invalid_request_error" | "rate_limit_error" | "server_error";
                /** @enum {string} */
                code: "invalid_api_key" | "session_expired" | "model_not_found" | "invalid_value" | "unknown_event" | "input_audio_buffer_commit_empty" | "rate_limit_exceeded" | "overloaded" | "unavailable" | "internal";
                message: string;
                param: string | null;
                /** @description Of the client's event */
                event_id: string | null;
            };
        };
        /**
         * @description The first message of a socket, and again with a fresh access token of the same user before the last one expires. A token that is no good
         *     closes the socket with 4401.
         */
        WsAuthenticate: {
            /** @constant */
            type: "authenticate";
            accessToken: string;
        };
        /**
         * @description On both sockets: the access token expires soon; without another `authenticate` the socket closes then with 4401. Sent a minute before,
         *     or at half of a shorter life.
         */
        WsExpiring: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "expiring";
            inMs: number;
        };
        /** @description Optional; before the first audio. The defaults apply when it does not come. */
        WsTranscribeStart: {
            /** @constant */
            type: "start";
            /**
             * @description `opus`: one packet (RFC 6716) per binary message, at most 120 ms
             * @default pcm_s16le
             * @enum {string}
             */
            encoding: "pcm_s16le" | "opus";
            /**
             * @description Of samples, as `channels`; an Opus packet says both itself
             * @default 16000
             */
            sampleRate: number;
            /** @default 1 */
            channels: number;
            /**
             * @description `host`: the server captures what its own machine hears, for as long as this socket is there, and takes no audio from the client;
             *     `stop` ends it. Only with accounts off, unless the setting `capture-accounts` lets accounts too. One at a time.
             * @default client
             * @enum {string}
             */
            source: "client" | "host";
            /** @description With `source` `host`: which, by its `name` in `GET audio/devices`; otherwise what the setting `capture` says, or what the usual output plays */
            device?: string | null;
            speaker?: components["schemas"]["Speaker"];
            language?: components["schemas"]["Language"];
            /**
             * @default hands_free
             * @enum {string}
             */
            mode: "hands_free" | "push_to_talk";
            /**
             * @description When somebody has finished speaking: answered soon, or never cut short. Otherwise as the server is set (`INTERVIEWD_TURN`)
             * @enum {string}
             */
            turn?: "quick" | "balanced" | "patient";
            /** @description The client's own name for this line of audio, not to be guessed; the same one after a broken connection goes on with it */
            resume?: string;
            /**
             * @description The last utterance whose `final` arrived
             * @default 0
             */
            lastFinal: number;
            /**
             * @description A name that a page makes up for itself, the same on all its sockets. Of several named listeners of a session one listens: another
             *     one gets `taken` and 4409. It is told to the others (`listening` on `/ws/llm-stream`). Without a name, nobody is minded.
             */
            listener?: string;
            /**
             * @description With `listener`: in place of whoever listens; their sockets are closed with 4409, what they heard is kept
             * @default false
             */
            takeOver: boolean;
        };
        /**
         * @description Questions are answered when the interviewer asks them
         * @default interviewer
         * @enum {string}
         */
        Speaker: "interviewer" | "candidate";
        /**
         * @description What `start` said; or, once the candidate's voice is known in this session (from a phrase, a voice that they keep, or a stream of theirs), what
         *     the voice says: `unknown` where it is not sure. The candidate's own voice asks no questions and replaces no answer.
         * @enum {string}
         */
        WhoSpeaks: "interviewer" | "interviewer2" | "candidate" | "unknown";
        /** @description The other form of a binary message */
        WsTranscribeAudio: {
            audioData: string;
        };
        /** @description No more audio; the rest is finalised, then the server closes with 1000 */
        WsTranscribeStop: {
            /** @constant */
            type: "stop";
        };
        WsTranscribeReady: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "ready";
            engine: string;
            model: string;
            /** @description Only with `resume`. Samples (of each channel) of this line that the server has from connections before this one */
            heardSamples?: number;
        };
        /** @description Names one speaker's line of audio in its session. Only on `/ws/llm-stream`, where all lines are heard; utterances are counted on each */
        WsLine: number;
        WsTranscribePartial: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "partial";
            line?: components["schemas"]["WsLine"];
            /** @description Counts up on one connection, or on one line */
            utterance: number;
            speaker?: components["schemas"]["WhoSpeaks"];
            /** @description Likeness with the voice it was taken for; absent where `speaker` is what `start` said, or unknown */
            voice?: number;
            text: string;
            /** @description How many leading bytes (UTF-8) of `text` will not change */
            stable: number;
            /** @constant */
            isFinal: false;
            startMs: number;
            endMs: number;
        };
        WsTranscribeFinal: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "final";
            line?: components["schemas"]["WsLine"];
            utterance: number;
            speaker?: components["schemas"]["WhoSpeaks"];
            /** @description Likeness with the voice it was taken for; absent where `speaker` is what `start` said, or unknown */
            voice?: number;
            /** @description Empty when the utterance turned out to hold no words */
            text: string;
            /** @constant */
            isFinal: true;
            startMs: number;
            endMs: number;
            confidence: number | null;
            language: string;
            words: {
                text: string;
                startMs: number;
                endMs: number;
                confidence: number | null;
            }[];
            /** @description From the last voiced sample to this message */
            latencyMs: number;
        };
        WsTranscribeTurn: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "turn";
            line?: components["schemas"]["WsLine"];
            utterance: number;
            speaker?: components["schemas"]["WhoSpeaks"];
            /** @description Likeness with the voice it was taken for; absent where `speaker` is what `start` said, or unknown */
            voice?: number;
            /** @enum {string} */
            state: "eager" | "ended" | "resumed";
            question: boolean;
            kind?: components["schemas"]["QuestionKind"];
            /** @description Probability that the turn is over; absent where no network judged it */
            p?: number;
        };
        /**
         * @description bad_message (not JSON, unknown type, wrong member), bad_audio (cannot be decoded), bad_state (such as `start` after audio),
         *     unsupported (an encoding, rate or language), unauthorized, signed_out (the sign-in was ended), token_expired, not_found, overloaded,
         *     too_slow (the client does not read), taken (another page listens), unavailable (the database cannot be reached, closed with 1013; no recogniser; no recordings are kept here; the device of this machine cannot be heard), provider_failed, rate_limited (too many sockets or streams of this user,
         *     closed with 1013), shutting_down, internal
         * @enum {string}
         */
        WsErrorCode: "bad_message" | "bad_audio" | "bad_state" | "unsupported" | "unauthorized" | "signed_out" | "token_expired" | "not_found" | "overloaded" | "too_slow" | "taken" | "unavailable" | "provider_failed" | "rate_limited" | "shutting_down" | "internal";
        /** @description On both sockets; a fatal one is followed by a close */
        WsError: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "error";
            code: components["schemas"]["WsErrorCode"];
            message: string;
        };
        WsTranscribeClientMessage: components["schemas"]["WsAuthenticate"] | components["schemas"]["WsTranscribeStart"] | components["schemas"]["WsTranscribeAudio"] | components["schemas"]["WsTranscribeStop"];
        WsTranscribeServerMessage: components["schemas"]["WsTranscribeReady"] | components["schemas"]["WsTranscribePartial"] | components["schemas"]["WsTranscribeFinal"] | components["schemas"]["WsTranscribeTurn"] | components["schemas"]["WsExpiring"] | components["schemas"]["WsError"];
        /** @description Supersedes what is running for the session */
        WsLlmGenerate: {
            /** @constant */
            type: "generate";
            question: components["schemas"]["Question"];
            provider?: string;
            model?: string;
            /**
             * @description Ask a question of this session again in its place, in these words: a correction. The pair keeps its id, number and time; what was
             *     heard stays behind it (`heard`). `not_found`: the session has no such question, and nothing is asked
             */
            transcriptId?: components["schemas"]["Id"];
        };
        WsLlmInterrupt: {
            /** @constant */
            type: "interrupt";
        };
        /** @description Again, with the same generationId, when somebody else answers - the next provider of the chain, the built-in answer that stands while a local model is slow, or that model in its place. What came before is void then */
        WsLlmStarted: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "started";
            generationId: components["schemas"]["Id"];
            /** @description null without a session (server-sent events only) */
            questionNumber: number | null;
            question: string;
            provider: string;
            model: string;
            /** @description Begun before the question was certainly over */
            eager: boolean;
            /** @description How surely something is asked; absent of what was typed */
            probability?: number;
            /** @description The pair as which it is kept, when it is. One that is known already is replaced - its question is asked again (`generate` with `transcriptId`, here or by `POST llm/generate`), or was begun too early */
            transcriptId?: components["schemas"]["Id"];
            /** @description What was heard of the question, when it stands in other words now */
            heard?: string;
            /** @description Who was asked before and why it was left */
            replaced?: components["schemas"]["ReplacedProvider"][];
        };
        ReplacedProvider: {
            provider: string;
            /** @description Why it was left, for a person to read: "openai refuses the key (HTTP 401): check it in the settings" */
            why: string;
        };
        /** @description The model thinks before it answers; again every few seconds while it does. Thoughts themselves are never sent */
        WsLlmThinking: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "thinking";
            generationId: components["schemas"]["Id"];
        };
        WsLlmOutline: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "outline";
            generationId: components["schemas"]["Id"];
            kind: components["schemas"]["QuestionKind"];
            points: components["schemas"]["OutlinePoint"][];
            lead?: components["schemas"]["OutlineLead"];
            keys?: components["schemas"]["OutlineKeys"];
            fits?: components["schemas"]["OutlineFits"];
        };
        /**
         * @description What of the answer so far nothing supports: all of it, in place of what an earlier one said. It comes among the deltas, and may
         *     name bytes that come with the next one.
         */
        WsLlmCheck: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "check";
            generationId: components["schemas"]["Id"];
            unsupported: components["schemas"]["Unsupported"];
        };
        /** @description One piece of the answer, or with `finish` true the end of it */
        WsLlmDelta: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "delta";
            generationId: components["schemas"]["Id"];
            delta: string;
            finish: boolean;
            finishReason?: components["schemas"]["FinishReason"];
            /** @description Only with `finish`; null when nothing was kept */
            transcriptId?: string | null;
            latency?: components["schemas"]["Latency"];
            eagerDiscarded?: components["schemas"]["EagerDiscarded"];
        };
        /**
         * @description Record from now on what is heard in this interview, or stop. It is off until somebody says this, and ends with the interview, when
         *     somebody stops it, or when it is erased. `wording` is the sentence that the person agreed to, as they read it: it is kept with the
         *     recording, with who and when. Whether it is on is told by `recording` on every socket of the session, to newcomers too.
         */
        WsLlmRecord: {
            /** @constant */
            type: "record";
            on: boolean;
            /** @description Needed to begin; at most 2000 bytes */
            wording?: string;
        };
        /** @description The interview is recorded from now on, or no more */
        WsLlmRecording: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "recording";
            on: boolean;
            audioId: components["schemas"]["Id"];
            /** @description How long it is so far */
            durationMs: number;
            /** @description A sentence, when it ended by itself: the disk is full, the quota is reached, it was erased */
            why: string | null;
        };
        /** @description Who is listened to now, all of them; to newcomers too, when there is somebody. A line whose connection broke counts while the server waits for it */
        WsLlmListening: {
            /**
             * @description discriminator enum property added by openapi-typescript
             * @enum {string}
             */
            type: "listening";
            lines: {
                line: components["schemas"]["WsLine"];
                speaker: components["schemas"]["Speaker"];
                /** @description As its `start` named it */
                listener: string | null;
            }[];
        };
        WsLlmClientMessage: components["schemas"]["WsAuthenticate"] | components["schemas"]["WsLlmGenerate"] | components["schemas"]["WsLlmInterrupt"] | components["schemas"]["WsLlmRecord"];
        WsLlmServerMessage: components["schemas"]["WsLlmRecording"] | components["schemas"]["WsLlmListening"] | components["schemas"]["WsTranscribePartial"] | components["schemas"]["WsTranscribeFinal"] | components["schemas"]["WsTranscribeTurn"] | components["schemas"]["WsLlmStarted"] | components["schemas"]["WsLlmThinking"] | components["schemas"]["WsLlmOutline"] | components["schemas"]["WsLlmDelta"] | components["schemas"]["WsLlmCheck"] | components["schemas"]["WsExpiring"] | components["schemas"]["WsError"];
    };
    responses: {
        /** @description Signed in */
        SignedIn: {
            headers: {
                /**
                 * @description Over TLS `__Host-interviewd_refresh=…; HttpOnly; SameSite=Strict; Path=/; Max-Age=2592000; Secure`, else
                 *     `interviewd_refresh=…; HttpOnly; SameSite=Strict; Path=/api/v1/auth; Max-Age=2592000`
                 */
                "Set-Cookie"?: string;
                "Cache-Control"?: "no-store";
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["SignedIn"];
            };
        };
        /** @description `invalid_json` (the body is not JSON) or `bad_request` (it cannot be read as this request at all) */
        BadRequest: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:interviewd:problem:invalid_json",
                 *       "title": "Bad Request",
                 *       "status": 400,
                 *       "code": "invalid_json",
                 *       "detail": "The body is not JSON: line 1, column 9: unexpected end of input.",
                 *       "requestId": "r_4f1c"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `unauthorized`, `token_expired`, `invalid_credentials` or `refresh_reused` */
        Unauthorized: {
            headers: {
                /** @description `Bearer` */
                "WWW-Authenticate"?: string;
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:interviewd:problem:token_expired",
                 *       "title": "Unauthorized",
                 *       "status": 401,
                 *       "code": "token_expired",
                 *       "detail": "The access token has expired; refresh it.",
                 *       "requestId": "r_4f1c"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `forbidden_origin`, `accounts_on`, `accounts_off`, `sign_in_needed` (a personal key does not do for that), `account_disabled`, `password_needed` or `passkeys_unavailable` */
        Forbidden: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:interviewd:problem:accounts_on",
                 *       "title": "Forbidden",
                 *       "status": 403,
                 *       "code": "accounts_on",
                 *       "detail": "This server has accounts; sign in with yours.",
                 *       "requestId": "r_4f1c"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `not_found`: there is no such thing, or it is not yours */
        NotFound: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:interviewd:problem:not_found",
                 *       "title": "Not Found",
                 *       "status": 404,
                 *       "code": "not_found",
                 *       "detail": "There is no such session.",
                 *       "requestId": "r_4f1c"
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `too_large`: the body is over the limit for this request */
        TooLarge: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `invalid_fields`: each bad field is named */
        InvalidFields: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                /**
                 * @example {
                 *       "type": "urn:interviewd:problem:invalid_fields",
                 *       "title": "Unprocessable Content",
                 *       "status": 422,
                 *       "code": "invalid_fields",
                 *       "detail": "1 field is not right.",
                 *       "requestId": "r_4f1c",
                 *       "errors": [
                 *         {
                 *           "field": "/skills/3",
                 *           "message": "must be 1 to 64 characters"
                 *         }
                 *       ]
                 *     }
                 */
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `rate_limited` */
        RateLimited: {
            headers: {
                /** @description Seconds to wait */
                "Retry-After"?: number;
                /** @description `"default";r=0;t=42` */
                RateLimit?: string;
                /** @description `"default";q=100;w=60` */
                "RateLimit-Policy"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `overloaded` (full) or `unavailable` (something needed is not there) */
        Unavailable: {
            headers: {
                /** @description Seconds to wait */
                "Retry-After"?: number;
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description What was said, in the form that was asked for */
        OpenAITranscript: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["OpenAITranscription"] | components["schemas"]["OpenAIVerboseTranscription"];
                "text/plain": string;
                "text/vtt": string;
                "text/event-stream": components["schemas"]["OpenAITranscriptEvent"];
            };
        };
        /** @description A parameter is not right (`param` names it), or the body cannot be read */
        OpenAIBadRequest: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["OpenAIError"];
            };
        };
        /** @description The body is JSON, but not an object, or a number in it is too large to be read */
        OpenAINotRead: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["OpenAIError"];
            };
        };
        /** @description `invalid_api_key` or `token_expired` */
        OpenAIUnauthorized: {
            headers: {
                /** @description `Bearer` */
                "WWW-Authenticate"?: string;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["OpenAIError"];
            };
        };
        /** @description `forbidden_origin`: a page of another site asks */
        OpenAIForbidden: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["OpenAIError"];
            };
        };
        /** @description `model_not_found` */
        OpenAINoModel: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["OpenAIError"];
            };
        };
        /** @description `too_large`: over 64 MiB or two hours */
        OpenAITooLarge: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["OpenAIError"];
            };
        };
        /** @description `unsupported_media`: not multipart, or nothing in it can be decoded */
        OpenAINoAudio: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["OpenAIError"];
            };
        };
        /** @description `rate_limit_exceeded` */
        OpenAIRateLimited: {
            headers: {
                /** @description Seconds to wait */
                "Retry-After"?: number;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["OpenAIError"];
            };
        };
        /** @description `overloaded` or `unavailable` */
        OpenAIUnavailable: {
            headers: {
                /** @description Seconds to wait */
                "Retry-After"?: number;
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["OpenAIError"];
            };
        };
        /** @description As `Refused` and `Problem`; what is found before the operation is known has their form */
        OpenAIRefused: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["OpenAIError"];
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description What any operation may answer, before it is asked: 405 another method (`Allow` names those there are), 408 header or body came too
         *     slowly, 411 a body without its length, 413 a body over the limit, 414 an address over 8 KiB, 415 a form of content that is not
         *     taken (a body that does not say its form is taken for JSON), 417 an expectation other than 100-continue, 421 a Host that is not served, 426 a WebSocket's address without an upgrade,
         *     429 too many requests or connections (`Retry-After`), 431 a header over 16 KiB or 100 fields
         */
        Refused: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description Something went wrong here */
        Problem: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: {
        /** @description How many at most */
        Limit: number;
        /** @description `nextCursor` of the page before; one that the server did not make is 422 with `field` `cursor` */
        Cursor: string;
        /** @description Only sessions in this state */
        FilterStatus: components["schemas"]["SessionStatus"];
        /** @description Begun then or later; a day (of UTC) or a time */
        FilterFrom: components["schemas"]["DayOrTime"];
        /** @description Begun then or earlier; a day counts to its end */
        FilterTo: components["schemas"]["DayOrTime"];
        /** @description Held with this profile */
        FilterProfile: components["schemas"]["Id"];
        /** @description Held with a profile whose role has these words, the last one as its beginning */
        FilterRole: string;
        /** @description At least one of its questions was answered by this provider, by its name in `GET llm/models`, or `outline`. Answers of versions that kept no provider count for none */
        FilterProvider: string;
        ProfileId: components["schemas"]["Id"];
        /** @description Of the catalogue; nothing else can be named */
        ModelName: string;
        HearingLanguage: components["schemas"]["Language"];
        TranscriptionId: components["schemas"]["Id"];
        AudioId: components["schemas"]["Id"];
        SignInId: components["schemas"]["Id"];
        UserId: components["schemas"]["Id"];
        SessionId: components["schemas"]["Id"];
    };
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    getHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Alive */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    getLiveness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The process answers */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @constant */
                        status: "ok";
                    };
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    getReadiness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Store and recogniser can serve */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Readiness"];
                };
            };
            /** @description Something needed is not there */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Readiness"];
                };
            };
        };
    };
    getMetrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The metrics */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                    "application/openmetrics-text": string;
                };
            };
            401: components["responses"]["Unauthorized"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    getEngines: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Recognisers and providers */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Engines"];
                };
            };
            401: components["responses"]["Unauthorized"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    signup: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Signup"];
            };
        };
        responses: {
            201: components["responses"]["SignedIn"];
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            /** @description `email_taken` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "type": "urn:interviewd:problem:email_taken",
                     *       "title": "Conflict",
                     *       "status": 409,
                     *       "code": "email_taken",
                     *       "detail": "An account with this e-mail address exists already.",
                     *       "requestId": "r_4f1c"
                     *     }
                     */
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: components["responses"]["InvalidFields"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    signupByMail: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Forgot"];
            };
        };
        responses: {
            /** @description A mail is on its way */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        message: string;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            403: components["responses"]["Forbidden"];
            /** @description `conflict`: accounts are made at once here */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: components["responses"]["InvalidFields"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    login: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Login"];
            };
        };
        responses: {
            200: components["responses"]["SignedIn"];
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["InvalidFields"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    askForPasskey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Empty"];
            };
        };
        responses: {
            /** @description Asked */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PasskeyRequest"];
                };
            };
            400: components["responses"]["BadRequest"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["InvalidFields"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    loginWithPasskey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasskeyLogin"];
            };
        };
        responses: {
            200: components["responses"]["SignedIn"];
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["InvalidFields"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    loginLocal: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["Empty"];
            };
        };
        responses: {
            200: components["responses"]["SignedIn"];
            400: components["responses"]["BadRequest"];
            403: components["responses"]["Forbidden"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    refresh: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["RefreshBody"];
            };
        };
        responses: {
            200: components["responses"]["SignedIn"];
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            /** @description `conflict`: another request renewed this sign-in at the same moment */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: components["responses"]["InvalidFields"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    logout: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["RefreshBody"];
            };
        };
        responses: {
            /** @description Signed out */
            204: {
                headers: {
                    /** @description `interviewd_refresh=; Max-Age=0; …` */
                    "Set-Cookie"?: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["InvalidFields"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    changePassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PasswordChange"];
            };
        };
        responses: {
            /** @description Changed */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["InvalidFields"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    getMe: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The signed-in user */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            401: components["responses"]["Unauthorized"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    deleteMe: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Erased */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    updateMe: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UserPatch"];
            };
        };
        responses: {
            /** @description The user as it is now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["InvalidFields"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    exportMe: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The archive */
            200: {
                headers: {
                    /** @description A name for it, with the date */
                    "Content-Disposition"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/zip": string;
                };
            };
            401: components["responses"]["Unauthorized"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    getPhoto: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As it was sent; its type is that of its first bytes */
            200: {
                headers: {
                    /** @description It can load nothing and run nothing */
                    "Content-Security-Policy"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "image/png": string;
                    "image/jpeg": string;
                    "image/webp": string;
                };
            };
            401: components["responses"]["Unauthorized"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    putPhoto: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "image/png": string;
                "image/jpeg": string;
                "image/webp": string;
            };
        };
        responses: {
            /** @description The user as it is now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["User"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["TooLarge"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    deletePhoto: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Erased */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    listSignIns: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Those that have not ended */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SignInList"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    deleteOtherSignIns: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Ended */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    deleteSignIn: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                signInId: components["parameters"]["SignInId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Ended */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    askToAddPasskey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": {
                    password?: string;
                };
            };
        };
        responses: {
            /** @description Asked */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PasskeyCreation"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["InvalidFields"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    listPasskeys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Those that sign in */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PasskeyList"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    addPasskey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NewPasskey"];
            };
        };
        responses: {
            /** @description Added */
            201: {
                headers: {
                    /** @description `/api/v1/auth/passkeys/{passkeyId}` */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Passkey"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            /** @description `conflict`: it is there already, or there are twenty */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: components["responses"]["InvalidFields"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    removePasskey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                passkeyId: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Removed */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    renamePasskey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                passkeyId: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    name: components["schemas"]["PasskeyName"];
                };
            };
        };
        responses: {
            /** @description Renamed */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidFields"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    listProviders: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All of them */
            200: {
                headers: {
                    "Cache-Control"?: "no-store";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProviderList"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    orderProviders: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "order": [
                 *         "groq",
                 *         "ollama"
                 *       ]
                 *     }
                 */
                "application/json": components["schemas"]["ProviderOrder"];
            };
        };
        responses: {
            /** @description All of them, as they are asked from the next question on */
            200: {
                headers: {
                    "Cache-Control"?: "no-store";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProviderList"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["InvalidFields"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    changeProvider: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example groq */
                provider: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                /**
                 * @example {
                 *       "key": "gsk_0123456789abcdef",
                 *       "model": "llama-3.3-70b-versatile"
                 *     }
                 */
                "application/json": components["schemas"]["ProviderChange"];
            };
        };
        responses: {
            /** @description All of them, as they are asked from the next question on */
            200: {
                headers: {
                    "Cache-Control"?: "no-store";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProviderList"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidFields"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    testProvider: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @example groq */
                provider: string;
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                /**
                 * @example {
                 *       "key": "gsk_0123456789abcdef"
                 *     }
                 */
                "application/json": components["schemas"]["ProviderChange"];
            };
        };
        responses: {
            /** @description What came of it; that it does not work is one of the answers */
            200: {
                headers: {
                    "Cache-Control"?: "no-store";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProviderTest"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidFields"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    listKeys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Those that are good */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeyList"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    makeKey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @description Trimmed; what it is for */
                    label: string;
                };
            };
        };
        responses: {
            /** @description Made */
            201: {
                headers: {
                    /** @description `/api/v1/auth/keys/{keyId}` */
                    Location?: string;
                    "Cache-Control"?: "no-store";
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NewKey"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            /** @description `conflict`: there are twenty already */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: components["responses"]["InvalidFields"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    revokeKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                keyId: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Revoked */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    forgotPassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Forgot"];
            };
        };
        responses: {
            /** @description Maybe a mail is on its way */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        message: string;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["InvalidFields"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    resetPassword: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Reset"];
            };
        };
        responses: {
            /** @description Set; sign in with it */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["InvalidFields"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    getRecogniser: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As it is now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Recogniser"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    resetRecogniser: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As it is now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Recogniser"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    chooseRecogniser: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RecogniserChange"] & unknown;
            };
        };
        responses: {
            /** @description As it is now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Recogniser"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["InvalidFields"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    testRecogniser: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["RecogniserChange"];
            };
        };
        responses: {
            /** @description What came of it */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecogniserTest"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["InvalidFields"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    listUsers: {
        parameters: {
            query?: {
                /** @description How many at most */
                limit?: components["parameters"]["Limit"];
                /** @description `nextCursor` of the page before; one that the server did not make is 422 with `field` `cursor` */
                cursor?: components["parameters"]["Cursor"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccountList"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["InvalidFields"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    addUser: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AccountInput"];
            };
        };
        responses: {
            /** @description Made */
            201: {
                headers: {
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccountLink"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            /** @description `email_taken` */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: components["responses"]["InvalidFields"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    getUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                userId: components["parameters"]["UserId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The account */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    deleteUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                userId: components["parameters"]["UserId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Erased */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            /** @description `conflict`: it is your own */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    updateUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                userId: components["parameters"]["UserId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AccountPatch"];
            };
        };
        responses: {
            /** @description As it is now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Account"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            /** @description `conflict`: it is your own */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: components["responses"]["InvalidFields"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    deleteUserSignIns: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                userId: components["parameters"]["UserId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Ended */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    resetUser: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                userId: components["parameters"]["UserId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The link, to be given to its person alone */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccountLink"];
                };
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            /** @description `conflict`: the account is disabled, or is the local owner */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    listAudit: {
        parameters: {
            query?: {
                /** @description How many at most */
                limit?: components["parameters"]["Limit"];
                /** @description `nextCursor` of the page before; one that the server did not make is 422 with `field` `cursor` */
                cursor?: components["parameters"]["Cursor"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditList"];
                };
            };
            401: components["responses"]["Unauthorized"];
            422: components["responses"]["InvalidFields"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    listProfiles: {
        parameters: {
            query?: {
                /** @description How many at most */
                limit?: components["parameters"]["Limit"];
                /** @description `nextCursor` of the page before; one that the server did not make is 422 with `field` `cursor` */
                cursor?: components["parameters"]["Cursor"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProfileList"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            422: components["responses"]["InvalidFields"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    createProfile: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ProfileInput"];
            };
        };
        responses: {
            /** @description Made */
            201: {
                headers: {
                    /** @description `/api/v1/profiles/{id}` */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Profile"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            /** @description `conflict`: 200 profiles are the most one user can have */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: components["responses"]["TooLarge"];
            422: components["responses"]["InvalidFields"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    getProfile: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                profileId: components["parameters"]["ProfileId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The profile */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Profile"];
                };
            };
            401: components["responses"]["Unauthorized"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    replaceProfile: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                profileId: components["parameters"]["ProfileId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ProfileInput"];
            };
        };
        responses: {
            /** @description The profile as it is now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Profile"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["TooLarge"];
            422: components["responses"]["InvalidFields"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    deleteProfile: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                profileId: components["parameters"]["ProfileId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Gone */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    updateProfile: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                profileId: components["parameters"]["ProfileId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ProfileUpdate"];
            };
        };
        responses: {
            /** @description The profile as it is now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Profile"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["TooLarge"];
            422: components["responses"]["InvalidFields"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    previewProfile: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ProfileText"];
            };
        };
        responses: {
            /** @description What was understood */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProfilePreview"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["TooLarge"];
            422: components["responses"]["InvalidFields"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    matchProfile: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                profileId: components["parameters"]["ProfileId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["Posting"];
            };
        };
        responses: {
            /** @description The requirements, each held against the profile */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PostingMatch"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["TooLarge"];
            422: components["responses"]["InvalidFields"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    listSessions: {
        parameters: {
            query?: {
                /** @description Only sessions in this state */
                status?: components["parameters"]["FilterStatus"];
                /** @description Begun then or later; a day (of UTC) or a time */
                from?: components["parameters"]["FilterFrom"];
                /** @description Begun then or earlier; a day counts to its end */
                to?: components["parameters"]["FilterTo"];
                /** @description Held with this profile */
                profileId?: components["parameters"]["FilterProfile"];
                /** @description Held with a profile whose role has these words, the last one as its beginning */
                role?: components["parameters"]["FilterRole"];
                /** @description At least one of its questions was answered by this provider, by its name in `GET llm/models`, or `outline`. Answers of versions that kept no provider count for none */
                provider?: components["parameters"]["FilterProvider"];
                /** @description How many at most */
                limit?: components["parameters"]["Limit"];
                /** @description `nextCursor` of the page before; one that the server did not make is 422 with `field` `cursor` */
                cursor?: components["parameters"]["Cursor"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionList"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            422: components["responses"]["InvalidFields"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    createSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SessionInput"];
            };
        };
        responses: {
            /** @description Begun */
            201: {
                headers: {
                    /** @description `/api/v1/sessions/{id}` */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["TooLarge"];
            422: components["responses"]["InvalidFields"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    createSessionAlias: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SessionInput"];
            };
        };
        responses: {
            /** @description Begun */
            201: {
                headers: {
                    /** @description `/api/v1/sessions/{id}` */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["TooLarge"];
            422: components["responses"]["InvalidFields"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    importSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SessionImport"];
            };
        };
        responses: {
            /** @description The session as it is kept */
            201: {
                headers: {
                    /** @description `/api/v1/sessions/{id}` */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            /** @description `conflict`: the profile in the file would be one more than the 200 a user can have */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            413: components["responses"]["TooLarge"];
            422: components["responses"]["InvalidFields"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    getAnalytics: {
        parameters: {
            query?: {
                /** @description First day; otherwise 29 days before `to` */
                from?: components["schemas"]["Day"];
                /** @description Last day, at most 365 after the first; otherwise today */
                to?: components["schemas"]["Day"];
                scope?: "own" | "all";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The figures */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Analytics"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            422: components["responses"]["InvalidFields"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    getProgress: {
        parameters: {
            query?: {
                /** @description How many at most */
                limit?: components["parameters"]["Limit"];
                /** @description `nextCursor` of the page before; one that the server did not make is 422 with `field` `cursor` */
                cursor?: components["parameters"]["Cursor"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Progress"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            422: components["responses"]["InvalidFields"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    search: {
        parameters: {
            query: {
                /** @description Words; the first 16 count */
                q: string;
                /** @description Only sessions in this state */
                status?: components["parameters"]["FilterStatus"];
                /** @description Begun then or later; a day (of UTC) or a time */
                from?: components["parameters"]["FilterFrom"];
                /** @description Begun then or earlier; a day counts to its end */
                to?: components["parameters"]["FilterTo"];
                /** @description Held with this profile */
                profileId?: components["parameters"]["FilterProfile"];
                /** @description Held with a profile whose role has these words, the last one as its beginning */
                role?: components["parameters"]["FilterRole"];
                /** @description At least one of its questions was answered by this provider, by its name in `GET llm/models`, or `outline`. Answers of versions that kept no provider count for none */
                provider?: components["parameters"]["FilterProvider"];
                /** @description How many at most */
                limit?: components["parameters"]["Limit"];
                /** @description `nextCursor` of the page before; one that the server did not make is 422 with `field` `cursor` */
                cursor?: components["parameters"]["Cursor"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SearchResults"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            422: components["responses"]["InvalidFields"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    getSessionTimeline: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                sessionId: components["parameters"]["SessionId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Each question with the milliseconds at which each stage was reached, oldest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Timeline"];
                };
            };
            401: components["responses"]["Unauthorized"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    listSessionRecordings: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                sessionId: components["parameters"]["SessionId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All of them */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RecordingList"];
                };
            };
            401: components["responses"]["Unauthorized"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    getSession: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                sessionId: components["parameters"]["SessionId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The session */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            401: components["responses"]["Unauthorized"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    updateSession: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                sessionId: components["parameters"]["SessionId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SessionUpdate"];
            };
        };
        responses: {
            /** @description The session as it is now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["TooLarge"];
            422: components["responses"]["InvalidFields"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    deleteSession: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                sessionId: components["parameters"]["SessionId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Gone */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    patchSession: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                sessionId: components["parameters"]["SessionId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SessionUpdate"];
            };
        };
        responses: {
            /** @description The session as it is now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["TooLarge"];
            422: components["responses"]["InvalidFields"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    listTranscripts: {
        parameters: {
            query?: {
                order?: "desc" | "asc";
                /** @description How many at most */
                limit?: components["parameters"]["Limit"];
                /** @description `nextCursor` of the page before; one that the server did not make is 422 with `field` `cursor` */
                cursor?: components["parameters"]["Cursor"];
            };
            header?: never;
            path: {
                sessionId: components["parameters"]["SessionId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TranscriptList"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidFields"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    getSessionVoice: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                sessionId: components["parameters"]["SessionId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What is known, and what was agreed to */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionVoice"];
                };
            };
            401: components["responses"]["Unauthorized"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    teachSessionVoice: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                sessionId: components["parameters"]["SessionId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/form-data": {
                    /** @description The recording */
                    file: string;
                    /** @description What the person read and agreed to, word for word */
                    consent: string;
                    /**
                     * @description Keep the voice for the next interviews
                     * @default false
                     * @enum {string}
                     */
                    keep?: "true" | "false";
                };
            };
        };
        responses: {
            /** @description It is known from now on */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionVoice"];
                };
            };
            401: components["responses"]["Unauthorized"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["TooLarge"];
            422: components["responses"]["InvalidFields"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    forgetSessionVoices: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                sessionId: components["parameters"]["SessionId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Forgotten; a voice that is kept stays kept */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    getSessionTalk: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                sessionId: components["parameters"]["SessionId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Of what is in the transcripts */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Talk"];
                };
            };
            401: components["responses"]["Unauthorized"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    getKeptVoice: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description From how much speech it was learned, and what was agreed to */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeptVoice"];
                };
            };
            /** @description None is kept */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    eraseKeptVoice: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Erased, and forgotten in every session */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    exportSession: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                sessionId: components["parameters"]["SessionId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ExportRequest"];
            };
        };
        responses: {
            /** @description The file */
            200: {
                headers: {
                    /** @description `attachment; filename="interview-2026-05-14.pdf"` */
                    "Content-Disposition"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/pdf": string;
                    "application/json": components["schemas"]["SessionExport"];
                    "text/markdown": string;
                    "application/x-subrip": string;
                    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": string;
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidFields"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    getTranscript: {
        parameters: {
            query?: {
                /** @description What it is told as; without it `Accept` says so. Subtitles have cues of at most seven seconds and two lines of 42 characters */
                format?: components["schemas"]["TranscriptForm"];
            };
            header?: never;
            path: {
                transcriptId: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The pair */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Transcript"];
                    "application/x-subrip": string;
                    "text/vtt": string;
                    "text/plain": string;
                };
            };
            401: components["responses"]["Unauthorized"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidFields"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    correctTranscript: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                transcriptId: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TranscriptCorrection"];
            };
        };
        responses: {
            /** @description As it is now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Transcript"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            413: components["responses"]["TooLarge"];
            422: components["responses"]["InvalidFields"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    transcribe: {
        parameters: {
            query?: {
                /** @description What it is told as; without it `Accept` says so. Subtitles have cues of at most seven seconds and two lines of 42 characters */
                format?: components["schemas"]["TranscriptForm"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/form-data": {
                    /** @description The recording */
                    file: string;
                    language?: components["schemas"]["Language"];
                };
                "application/json": {
                    audioId: components["schemas"]["Id"];
                    language?: components["schemas"]["Language"];
                    /**
                     * @description However short it is
                     * @default false
                     */
                    background?: boolean;
                };
            };
        };
        responses: {
            /** @description What was said */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Transcription"];
                    "application/x-subrip": string;
                    "text/vtt": string;
                    "text/plain": string;
                };
            };
            /** @description It will be heard */
            202: {
                headers: {
                    /** @description `/api/v1/transcriptions/{transcriptionId}` */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BackgroundTranscription"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["TooLarge"];
            /** @description `unsupported_media`: neither multipart nor audio that can be decoded */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: components["responses"]["InvalidFields"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    getTranscription: {
        parameters: {
            query?: {
                /** @description What it is told as; without it `Accept` says so. Subtitles have cues of at most seven seconds and two lines of 42 characters */
                format?: components["schemas"]["TranscriptForm"];
            };
            header?: never;
            path: {
                transcriptionId: components["parameters"]["TranscriptionId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As it is now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BackgroundTranscription"];
                    "application/x-subrip": string;
                    "text/vtt": string;
                    "text/plain": string;
                };
            };
            401: components["responses"]["Unauthorized"];
            404: components["responses"]["NotFound"];
            /** @description `conflict`: there are no subtitles, since it is not done or failed */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: components["responses"]["InvalidFields"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    deleteTranscription: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                transcriptionId: components["parameters"]["TranscriptionId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Cancelled and forgotten */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    uploadAudio: {
        parameters: {
            query?: {
                /** @description The session it belongs to, where the body is the recording itself */
                sessionId?: components["schemas"]["Id"];
                /** @description In which form it is kept */
                keep?: components["schemas"]["KeptForm"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/form-data": {
                    /** @description The recording */
                    file: string;
                    sessionId?: components["schemas"]["Id"];
                    keep?: components["schemas"]["KeptForm"];
                };
                "audio/*": string;
                "video/*": string;
                "application/octet-stream": string;
            };
        };
        responses: {
            /** @description It is kept */
            201: {
                headers: {
                    /** @description `/api/v1/audio/{audioId}` */
                    Location?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Recording"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            413: components["responses"]["TooLarge"];
            /** @description `unsupported_media`: no sound that can be decoded; `detail` says what it is instead, where that is known */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            422: components["responses"]["InvalidFields"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            /** @description `quota_exceeded`: the user has as many recordings as the setting `audio-quota-mb` lets; `storage_full`: so has the disk */
            507: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    listAudioDevices: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description What there is now; none, with the reason, where nothing can be asked */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AudioDevices"];
                };
            };
            401: components["responses"]["Unauthorized"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    getAudio: {
        parameters: {
            query?: never;
            header?: {
                Range?: string;
                "If-Range"?: string;
                "If-None-Match"?: string;
            };
            path: {
                audioId: components["parameters"]["AudioId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All of it */
            200: {
                headers: {
                    /** @description A strong one */
                    ETag?: string;
                    "Accept-Ranges"?: "bytes";
                    [name: string]: unknown;
                };
                content: {
                    "audio/webm": string;
                    "audio/x-matroska": string;
                    "audio/ogg": string;
                    "audio/mp4": string;
                    "audio/mpeg": string;
                    "audio/flac": string;
                    "audio/wav": string;
                    "audio/aac": string;
                    "audio/amr": string;
                    "audio/aiff": string;
                    "application/octet-stream": string;
                };
            };
            /** @description The part that was asked for */
            206: {
                headers: {
                    /** @description A strong one */
                    ETag?: string;
                    "Accept-Ranges"?: "bytes";
                    /** @description Which part of how much */
                    "Content-Range"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "audio/webm": string;
                    "audio/x-matroska": string;
                    "audio/ogg": string;
                    "audio/mp4": string;
                    "audio/mpeg": string;
                    "audio/flac": string;
                    "audio/wav": string;
                    "audio/aac": string;
                    "audio/amr": string;
                    "audio/aiff": string;
                    "application/octet-stream": string;
                };
            };
            /** @description The client has it already */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            404: components["responses"]["NotFound"];
            /** @description `bad_request`: there is no such part of it */
            416: {
                headers: {
                    /** @description How much there is: `bytes *\/700001` */
                    "Content-Range"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    deleteAudio: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                audioId: components["parameters"]["AudioId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Erased */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    listHearingModels: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description All of the catalogue, ears first, smallest first */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["HearingModelList"];
                };
            };
            401: components["responses"]["Unauthorized"];
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    removeModel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Of the catalogue; nothing else can be named */
                name: components["parameters"]["ModelName"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Removed */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            /** @description `not_operator`: with accounts only users of the setting `operators` may */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: components["responses"]["NotFound"];
            /** @description `conflict`: it is here already, or it is being worked on */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    getModel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Of the catalogue; nothing else can be named */
                name: components["parameters"]["ModelName"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Begun */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            /** @description `not_operator`: with accounts only users of the setting `operators` may */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: components["responses"]["NotFound"];
            /** @description `conflict`: it is here already, or it is being worked on */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    cancelModel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Of the catalogue; nothing else can be named */
                name: components["parameters"]["ModelName"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description It ends soon */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            /** @description `not_operator`: with accounts only users of the setting `operators` may */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: components["responses"]["NotFound"];
            /** @description `conflict`: it is here already, or it is being worked on */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    verifyModel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Of the catalogue; nothing else can be named */
                name: components["parameters"]["ModelName"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Begun */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            401: components["responses"]["Unauthorized"];
            /** @description `not_operator`: with accounts only users of the setting `operators` may */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            404: components["responses"]["NotFound"];
            /** @description `conflict`: it is here already, or it is being worked on */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            429: components["responses"]["RateLimited"];
            503: components["responses"]["Unavailable"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    getHearing: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                language: components["parameters"]["HearingLanguage"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As it is now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Hearing"];
                };
            };
            401: components["responses"]["Unauthorized"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    chooseHearing: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                language: components["parameters"]["HearingLanguage"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description As it is now */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Hearing"];
                };
            };
            401: components["responses"]["Unauthorized"];
            404: components["responses"]["NotFound"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    generate: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["GenerateRequest"];
            };
        };
        responses: {
            /** @description The answer, or the stream of it (then with `X-Accel-Buffering: no`, so that a proxy hands each event on at once, and `Cache-Control: no-store`) */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Generation"];
                    /**
                     * @example {
                     *       "event": "delta",
                     *       "data": "{\"type\":\"delta\",\"generationId\":\"g_1\",\"delta\":\"I led \",\"finish\":false}"
                     *     }
                     */
                    "text/event-stream": components["schemas"]["ServerSentEvent"];
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidFields"];
            429: components["responses"]["RateLimited"];
            /** @description `provider_failed`: every provider asked for failed before its first word */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            503: components["responses"]["Unavailable"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    interrupt: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["InterruptRequest"];
            };
        };
        responses: {
            /** @description Told to stop */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @description How many generations were told to stop */
                        interrupted: number;
                    };
                };
            };
            400: components["responses"]["BadRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["NotFound"];
            422: components["responses"]["InvalidFields"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    listModels: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The models */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ModelList"];
                };
            };
            401: components["responses"]["Unauthorized"];
            429: components["responses"]["RateLimited"];
            "4XX": components["responses"]["Refused"];
            "5XX": components["responses"]["Problem"];
        };
    };
    createTranscription: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/form-data": {
                    /** @description The recording */
                    file: string;
                    model: components["schemas"]["OpenAIHearingModel"];
                    language?: components["schemas"]["Language"];
                    /** @description Text that might have come before, for names and style; at most 4096 bytes */
                    prompt?: string;
                    response_format?: components["schemas"]["OpenAITranscriptForm"];
                    /** @description Taken and not used: the recogniser begins at 0 and goes up where it must */
                    temperature?: number;
                    /** @description Of `verbose_json` alone; `segment` where nothing is said */
                    "timestamp_granularities[]"?: ("word" | "segment")[];
                    /**
                     * @description With `response_format=json`
                     * @default false
                     */
                    stream?: boolean;
                };
            };
        };
        responses: {
            200: components["responses"]["OpenAITranscript"];
            400: components["responses"]["OpenAIBadRequest"];
            401: components["responses"]["OpenAIUnauthorized"];
            403: components["responses"]["OpenAIForbidden"];
            404: components["responses"]["OpenAINoModel"];
            413: components["responses"]["OpenAITooLarge"];
            415: components["responses"]["OpenAINoAudio"];
            429: components["responses"]["OpenAIRateLimited"];
            503: components["responses"]["OpenAIUnavailable"];
            "4XX": components["responses"]["OpenAIRefused"];
            "5XX": components["responses"]["OpenAIRefused"];
        };
    };
    createTranslation: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "multipart/form-data": {
                    /** @description The recording */
                    file: string;
                    model: components["schemas"]["OpenAIHearingModel"];
                    prompt?: string;
                    response_format?: components["schemas"]["OpenAITranscriptForm"];
                    temperature?: number;
                };
            };
        };
        responses: {
            200: components["responses"]["OpenAITranscript"];
            400: components["responses"]["OpenAIBadRequest"];
            401: components["responses"]["OpenAIUnauthorized"];
            403: components["responses"]["OpenAIForbidden"];
            404: components["responses"]["OpenAINoModel"];
            413: components["responses"]["OpenAITooLarge"];
            415: components["responses"]["OpenAINoAudio"];
            429: components["responses"]["OpenAIRateLimited"];
            503: components["responses"]["OpenAIUnavailable"];
            "4XX": components["responses"]["OpenAIRefused"];
            "5XX": components["responses"]["OpenAIRefused"];
        };
    };
    listOpenAIModels: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The models */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenAIModelList"];
                };
            };
            401: components["responses"]["OpenAIUnauthorized"];
            429: components["responses"]["OpenAIRateLimited"];
            "4XX": components["responses"]["OpenAIRefused"];
            "5XX": components["responses"]["OpenAIRefused"];
        };
    };
    getOpenAIModel: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description An id of the list; a slash in it may be written as `%2F` or as it is */
                model: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The model */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenAIModel"];
                };
            };
            401: components["responses"]["OpenAIUnauthorized"];
            404: components["responses"]["OpenAINoModel"];
            429: components["responses"]["OpenAIRateLimited"];
            "4XX": components["responses"]["OpenAIRefused"];
            "5XX": components["responses"]["OpenAIRefused"];
        };
    };
    createChatCompletion: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OpenAIChatRequest"];
            };
        };
        responses: {
            /** @description The answer, or the stream of it (then with `X-Accel-Buffering: no`) */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenAIChatCompletion"];
                    "text/event-stream": components["schemas"]["OpenAIChatEvent"];
                };
            };
            400: components["responses"]["OpenAIBadRequest"];
            401: components["responses"]["OpenAIUnauthorized"];
            403: components["responses"]["OpenAIForbidden"];
            404: components["responses"]["OpenAINoModel"];
            422: components["responses"]["OpenAINotRead"];
            429: components["responses"]["OpenAIRateLimited"];
            /** @description `provider_failed`: no provider gave a word; the message says why of each */
            502: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenAIError"];
                };
            };
            503: components["responses"]["OpenAIUnavailable"];
            "4XX": components["responses"]["OpenAIRefused"];
            "5XX": components["responses"]["OpenAIRefused"];
        };
    };
}
