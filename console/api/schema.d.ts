// Made by `npm run generate` from the OpenAPI document; do not edit.
export interface paths {
    "/api/v1/connections": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** List connections, oldest first */
        get: {
            parameters: {
                query?: {
                    cursor?: string;
                    limit?: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description A page of connections. */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            data: components["schemas"]["Connection"][];
                            nextCursor: string | null;
                        };
                    };
                };
                /** @description No valid API key. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description The request does not fit. */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        /** Create a connection */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NewConnection"];
                };
            };
            responses: {
                /** @description The connection. Its keys are not shown again. */
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Connection"];
                    };
                };
                /** @description The body is not JSON, or not sent as JSON. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description No valid API key. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description In conflict with another connection. */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description The request does not fit. */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/connections/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read a connection */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The connection. */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Connection"];
                    };
                };
                /** @description No valid API key. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Not found. */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /** Change a connection */
        patch: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["ConnectionPatch"];
                };
            };
            responses: {
                /** @description The connection as it is now. */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Connection"];
                    };
                };
                /** @description The body is not JSON, or not sent as JSON. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description No valid API key. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Not found. */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description In conflict with another connection. */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description The request does not fit. */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        trace?: never;
    };
    "/api/v1/connections/{id}/messages": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Search messages, newest first
         * @description A page looks at a bounded part of the store; `cut` says that there may be more further back: follow `nextCursor`.
         */
        get: {
            parameters: {
                query?: {
                    cursor?: string;
                    event?: string;
                    lane?: string;
                    limit?: number;
                    messageId?: string;
                    outcome?: "pending" | "delivered" | "filtered" | "skipped" | "rejected";
                    since?: string;
                    until?: string;
                    userId?: string;
                };
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description A page of entries. */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": {
                            cut: boolean;
                            data: components["schemas"]["Entry"][];
                            nextCursor: string | null;
                        };
                    };
                };
                /** @description No valid API key. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Not found. */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description The request does not fit. */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/connections/{id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Try again after `needs_attention`
         * @description Says that what was wrong is right now: lanes that waited for a person go on from where they stopped.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The connection as it is now. */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Connection"];
                    };
                };
                /** @description No valid API key. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Not found. */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/connections/{id}/stats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the funnel
         * @description `accepted` equals the sum of the outcomes at every read. `series` is the last hour unless `since` says otherwise.
         */
        get: {
            parameters: {
                query?: {
                    since?: string;
                    step?: "minute" | "hour" | "day";
                };
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Totals since the beginning, and a series. */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Stats"];
                    };
                };
                /** @description No valid API key. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Not found. */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description The request does not fit. */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/connections/{id}/unit-id-types": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Create a custom id type in the Statsig project
         * @description Needs a console key. Answers all id types that the project has then.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NewUnitIdType"];
                };
            };
            responses: {
                /** @description The id types of the project. */
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["UnitIdTypes"];
                    };
                };
                /** @description The body is not JSON, or not sent as JSON. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description No valid API key. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Not found. */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description The request does not fit. */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/messages/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read one message: as received, as mapped with the settings of then, every attempt */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The story of the message. */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["EntryStory"];
                    };
                };
                /** @description No valid API key. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description Not found. */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/v1/retention": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Read the retention and what is held */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The retention in force. */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Retention"];
                    };
                };
                /** @description No valid API key. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        /**
         * Change the retention
         * @description In force from the next hourly housekeeping on. What is pending is never removed; counters stay; a repeated messageId is known for 7 days longer than its message is kept.
         */
        put: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NewRetention"];
                };
            };
            responses: {
                /** @description The retention as it is now. */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Retention"];
                    };
                };
                /** @description The body is not JSON, or not sent as JSON. */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description No valid API key. */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
                /** @description The request does not fit. */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": components["schemas"]["Problem"];
                    };
                };
            };
        };
        post?: never;
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
        Attempt: {
            answer?: string;
            at: string;
            code: string;
            durationMs: number;
            entries: number;
            settingsVersion: number;
            status?: number;
        };
        Connection: {
            audiencesUrl: string;
            createdAt: string;
            environment?: string;
            /** @default {} */
            filters: {
                /** @default {} */
                inbound: {
                    /**
                     * @default include
                     * @enum {string}
                     */
                    default: "include" | "exclude";
                    /** @default [] */
                    rules: {
                        /** @enum {string} */
                        action: "include" | "exclude";
                        event?: string;
                        /** @enum {string} */
                        match?: "exact" | "glob";
                        sample?: number;
                        /** @enum {string} */
                        type?: "track" | "page" | "screen" | "group" | "alias";
                        where?: {
                            /** @enum {string} */
                            op: "=" | "!=" | "exists" | "contains" | "in" | "<" | ">";
                            path: string;
                            value?: string | number | boolean | null | (string | number | boolean | null)[];
                        }[];
                    }[];
                };
                /** @default {} */
                outbound: {
                    /** @default true */
                    configChanges: boolean;
                    /**
                     * @default include
                     * @enum {string}
                     */
                    default: "include" | "exclude";
                    /** @default true */
                    exposures: boolean;
                    /** @default false */
                    firstExposureOnly: boolean;
                    /** @default [] */
                    rules: {
                        /** @enum {string} */
                        action: "include" | "exclude";
                        event?: string;
                        /** @enum {string} */
                        match?: "exact" | "glob";
                        sample?: number;
                        /** @enum {string} */
                        type?: "event" | "exposure" | "config_change";
                        where?: {
                            /** @enum {string} */
                            op: "=" | "!=" | "exists" | "contains" | "in" | "<" | ">";
                            path: string;
                            value?: string | number | boolean | null | (string | number | boolean | null)[];
                        }[];
                    }[];
                };
            };
            id: string;
            /**
             * @default [
             *       {
             *         "from": "anonymousId",
             *         "to": "segmentAnonymousId"
             *       }
             *     ]
             */
            identifiers: {
                from: string;
                to: string;
            }[];
            /** @default {} */
            inbound: {
                /** Format: date-time */
                duplicatesUntil?: string;
                /** @default true */
                enabled: boolean;
                /** @default false */
                nameInEvent: boolean;
                /** @default segment:: */
                prefix: string;
            };
            lanes: {
                [key: string]: {
                    lagMs: number;
                    paused: boolean;
                    pending: number;
                    reason?: string;
                    /** @enum {string} */
                    state: "asleep" | "running" | "paused" | "needs_attention";
                    temporalUrl: string;
                    workflowId: string;
                };
            };
            name: string;
            paused: boolean;
            segment: {
                apiToken: boolean;
                sharedSecret: boolean;
                writeKey: boolean;
            };
            settingsVersion: number;
            /** @enum {string} */
            setup: "manual" | "oauth" | "token";
            statsig: {
                clientKey: boolean;
                consoleKey: boolean;
                serverKey: boolean;
            };
            /** @enum {string} */
            status: "new" | "connecting" | "active" | "needs_attention" | "disconnecting";
            /** @default {} */
            types: {
                /** @default false */
                alias: boolean;
                /** @default true */
                group: boolean;
                /** @default true */
                page: boolean;
                /** @default true */
                screen: boolean;
                /** @default true */
                track: boolean;
            };
            updatedAt: string;
            webhookUrl: string;
            writeKey: string;
        };
        ConnectionPatch: {
            environment?: string | null;
            filters?: {
                inbound?: {
                    /** @enum {string|null} */
                    default?: "include" | "exclude" | null;
                    rules?: {
                        /** @enum {string} */
                        action: "include" | "exclude";
                        event?: string;
                        /** @enum {string} */
                        match?: "exact" | "glob";
                        sample?: number;
                        /** @enum {string} */
                        type?: "track" | "page" | "screen" | "group" | "alias";
                        where?: {
                            /** @enum {string} */
                            op: "=" | "!=" | "exists" | "contains" | "in" | "<" | ">";
                            path: string;
                            value?: string | number | boolean | null | (string | number | boolean | null)[];
                        }[];
                    }[] | null;
                };
                outbound?: {
                    configChanges?: boolean | null;
                    /** @enum {string|null} */
                    default?: "include" | "exclude" | null;
                    exposures?: boolean | null;
                    firstExposureOnly?: boolean | null;
                    rules?: {
                        /** @enum {string} */
                        action: "include" | "exclude";
                        event?: string;
                        /** @enum {string} */
                        match?: "exact" | "glob";
                        sample?: number;
                        /** @enum {string} */
                        type?: "event" | "exposure" | "config_change";
                        where?: {
                            /** @enum {string} */
                            op: "=" | "!=" | "exists" | "contains" | "in" | "<" | ">";
                            path: string;
                            value?: string | number | boolean | null | (string | number | boolean | null)[];
                        }[];
                    }[] | null;
                };
            } | null;
            identifiers?: {
                from: string;
                to: string;
            }[] | null;
            inbound?: {
                /** Format: date-time */
                duplicatesUntil?: string | null;
                enabled?: boolean | null;
                nameInEvent?: boolean | null;
                prefix?: string | null;
            } | null;
            name?: string;
            paused?: boolean | {
                audiences?: boolean;
                events?: boolean;
                forward?: boolean;
                late?: boolean;
                outbound?: boolean;
            };
            segment?: {
                apiToken?: string | null;
                sharedSecret?: string | null;
                writeKey?: string | null;
            };
            statsig?: {
                clientKey?: string | null;
                consoleKey?: string | null;
                serverKey?: string | null;
            };
            types?: {
                alias?: boolean | null;
                group?: boolean | null;
                page?: boolean | null;
                screen?: boolean | null;
                track?: boolean | null;
            } | null;
        };
        Entry: {
            connectionId: string;
            detail?: string;
            endedAt?: string;
            event?: string;
            id: string;
            lane: string;
            messageId?: string;
            /** @enum {string} */
            outcome: "pending" | "delivered" | "filtered" | "skipped" | "rejected";
            path?: string;
            reason?: string;
            receivedAt: string;
            settingsVersion?: number;
            type?: string;
            userId?: string;
        };
        EntryStory: components["schemas"]["Entry"] & {
            attempts: components["schemas"]["Attempt"][];
            mapped?: unknown;
            received?: unknown;
            related: string[];
            warnings: {
                code: string;
                message: string;
                path: string;
            }[];
        };
        Funnel: {
            lagMs: number;
            series: {
                accepted: number;
                at: string;
                delivered: number;
                filtered: number;
                rejected: number;
                skipped: number;
            }[];
            totals: {
                accepted: number;
                delivered: number;
                filtered: number;
                pending: number;
                rejected: number;
                skipped: number;
            };
        };
        NewConnection: {
            name: string;
            /** @default {} */
            segment: {
                apiToken?: string;
                sharedSecret?: string;
                writeKey?: string;
            };
            /**
             * @default manual
             * @enum {string}
             */
            setup: "manual" | "oauth" | "token";
            /** @default {} */
            statsig: {
                clientKey?: string;
                consoleKey?: string;
                serverKey?: string;
            };
            writeKey?: string;
        };
        NewRetention: {
            /** @description Days that ended messages are kept. */
            days: number;
            /** @description Size of the database beyond which the oldest ended messages go; null: no limit. */
            maxBytes: number | null;
        };
        NewUnitIdType: {
            name: string;
        };
        Problem: {
            code: string;
            detail?: string;
            errors?: {
                at?: number;
                message: string;
                path: string;
            }[];
            nextStep: string;
            status: number;
            title: string;
            type: string;
        };
        Retention: {
            /** @description Days that ended messages are kept. */
            days: number;
            /** @description What is held now, pending messages included. */
            holds: {
                /** @description Sum of the bodies as they came, decompressed. */
                bodiesBytes: number;
                /** @description Size of the database file, without its write-ahead log. */
                databaseBytes: number;
                /** @description When the oldest of them was received. */
                oldestAt: string | null;
                requests: number;
            };
            /** @description Size of the database beyond which the oldest ended messages go; null: no limit. */
            maxBytes: number | null;
        };
        Stats: {
            inbound: components["schemas"]["Funnel"];
            lanes: {
                [key: string]: components["schemas"]["Funnel"];
            };
            outbound: components["schemas"]["Funnel"];
        };
        UnitIdTypes: {
            names: string[];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
