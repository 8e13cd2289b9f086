CREATE TABLE `audience_doors` (
	`connection_id` text PRIMARY KEY NOT NULL,
	`sealed` blob NOT NULL
);
--> statement-breakpoint
CREATE TABLE `audience_history` (
	`audience` integer NOT NULL,
	`minute` integer NOT NULL,
	`removed` integer NOT NULL,
	`applied_max` integer NOT NULL,
	PRIMARY KEY(`audience`, `minute`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `audience_members` (
	`audience` integer NOT NULL,
	`unit_id` text NOT NULL,
	`desired` integer NOT NULL,
	`applied` integer NOT NULL,
	`at_ms` integer NOT NULL,
	`at_ns` integer NOT NULL,
	`seq` integer NOT NULL,
	`error` text,
	PRIMARY KEY(`audience`, `unit_id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `audience_members_due` ON `audience_members` (`audience`,`desired`,`unit_id`) WHERE desired <> applied;--> statement-breakpoint
CREATE INDEX `audience_members_failed` ON `audience_members` (`audience`,`unit_id`) WHERE error IS NOT NULL;--> statement-breakpoint
CREATE TABLE `audience_set_aside` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`audience` integer NOT NULL,
	`unit_id` text,
	`code` text NOT NULL,
	`at_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `audience_set_aside_audience` ON `audience_set_aside` (`audience`,`id`);--> statement-breakpoint
CREATE TABLE `audiences` (
	`n` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`connection_id` text NOT NULL,
	`key` text NOT NULL,
	`unit` text DEFAULT 'userId' NOT NULL,
	`id_type` text,
	`create_list` integer DEFAULT true NOT NULL,
	`removals` text DEFAULT 'mirror' NOT NULL,
	`computation_id` text,
	`warnings` text DEFAULT '[]' NOT NULL,
	`state` text DEFAULT 'idle' NOT NULL,
	`reason` text,
	`list_found` integer DEFAULT false NOT NULL,
	`desired` integer DEFAULT 0 NOT NULL,
	`applied` integer DEFAULT 0 NOT NULL,
	`adds_due` integer DEFAULT 0 NOT NULL,
	`set_aside` integer DEFAULT 0 NOT NULL,
	`guard` text,
	`approved` integer DEFAULT 0 NOT NULL,
	`requested_mode` text,
	`full_after` text,
	`last_run` text,
	`created_at_ms` integer NOT NULL,
	`updated_at_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `audiences_key` ON `audiences` (`connection_id`,`key`);--> statement-breakpoint
CREATE TABLE `vendor_calls` (
	`id` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`key_hash` text NOT NULL,
	`at_ms` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `vendor_calls_key` ON `vendor_calls` (`key_hash`,`at_ms`);